"""Tries are counted in the database before they are made, and every pause ends."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from scim_server.accounts import throttling
from scim_server.accounts.policy import TRIES_OF_ADDRESS, Limit
from scim_server.accounts.throttling import Try, from_address, succeeded, take
from scim_server.protocol.errors import TooManyRequests

LIMIT = Limit("test", 3, timedelta(seconds=10), timedelta(seconds=60), timedelta(hours=1))


@pytest.fixture
def tried(app: Flask) -> Try:
    return Try(LIMIT, uuid.uuid4().hex)


def refused(*tries: Try) -> int:
    with pytest.raises(TooManyRequests) as caught:
        take(*tries)
    return caught.value.retry_after


def test_pauses_grow_and_end(tried: Try) -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        for _ in range(3):
            take(tried)
        assert refused(tried) == 10
        clock.shift(9)
        assert refused(tried) == 1
        for pause in (20, 40, 60, 60, 60):
            clock.shift(60)
            take(tried)
            assert refused(tried) == pause
        clock.shift(3_601)
        for _ in range(3):
            take(tried)
        assert refused(tried) == 10


def test_waiting_tries_are_not_counted(tried: Try) -> None:
    """Whoever tries on while they have to wait does not make it longer."""
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        for _ in range(3):
            take(tried)
        for _ in range(50):
            assert refused(tried) == 10
        clock.shift(10)
        take(tried)


def test_success_forgets_what_went_wrong_before(tried: Try) -> None:
    for _ in range(2):
        take(tried)
        take(tried)
        succeeded(tried)
    take(tried)
    take(tried)


def test_success_at_an_address_takes_back_one_try() -> None:
    assert from_address("192.0.2.1").limit is TRIES_OF_ADDRESS


@pytest.mark.usefixtures("app")
def test_an_attacker_with_an_account_of_their_own_gains_nothing() -> None:
    address = Try(TRIES_OF_ADDRESS, uuid.uuid4().hex)
    for _ in range(TRIES_OF_ADDRESS.free - 1):
        take(address)
    take(Try(TRIES_OF_ADDRESS, address.subject))
    succeeded(address)
    take(address)
    refused(address)


def test_one_that_has_to_wait_stops_all_and_counts_none(tried: Try) -> None:
    other = Try(LIMIT, uuid.uuid4().hex)
    for _ in range(3):
        take(tried)
    for _ in range(5):
        refused(tried, other)
    for _ in range(3):
        take(other)
    refused(other)


def test_many_at_once_are_as_many_as_one_after_the_other(app: Flask, tried: Try) -> None:
    def once(_: int) -> bool:
        with app.app_context():
            try:
                take(tried)
            except TooManyRequests:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(once, range(24))) == 3


def test_a_network_is_one_address() -> None:
    assert from_address("2001:db8:1:2::1") == from_address("2001:db8:1:2:ffff::9")
    assert from_address("2001:db8:1:2::1") != from_address("2001:db8:1:3::1")
    assert from_address("192.0.2.1") != from_address("192.0.2.2")
    assert from_address(None) == from_address("nonsense")


def test_old_counters_are_forgotten(tried: Try) -> None:
    with time_machine.travel("2029-01-01T00:00:00Z", tick=False) as clock:
        take(tried)
        clock.shift(timedelta(days=1, seconds=1))
        assert throttling.forget_old() >= 1

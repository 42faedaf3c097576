"""Which passwords may be chosen, and how they are hashed (ASVS 5.0 §6.2)."""

import threading

import pytest
from argon2 import PasswordHasher
from flask import Flask

from scim_server.accounts import passwords
from scim_server.accounts.passwords import OF_NOBODY, Hashing, WeakPassword, hash_password, require_good, verify
from scim_server.protocol.errors import Unavailable
from tests.support.accounts import PASSWORD

ALICE = ("alice.liddell@wonderland.example", "Alice Liddell", "Wonderland Railways")

GOOD = [
    PASSWORD,
    "blue green!",
    "tr0ub4dor&3",
    "žluťoučký kůň pěl",
    "密码密码很长很长的密码",
    "😀🐎🔋📎🏔🚲🧵🎻",
    "x" * 3 + " unlikely words in a long row " * 8,
    "alice rides grey turtles",
]
WEAK = [
    "",
    "short7!",
    "password",
    "password1234",
    "P@ssw0rd",
    "qwertyuiop",
    "12345678",
    "aaaaaaaaaaaa",
    "abcdefgh",
    "abcabcabcabc",
    "iloveyou1",
    "scim-server1",
    "alice-liddell",
    "wonderland2026",
    "Liddell!!!!",
    "railways12",
    "x" * 257,
]


@pytest.mark.parametrize("password", GOOD)
def test_any_characters_may_stand_in_a_password(password: str) -> None:
    require_good(password, ALICE)


@pytest.mark.parametrize("password", WEAK)
def test_short_common_and_personal_ones_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as caught:
        require_good(password, ALICE)
    assert caught.value.field == "password"
    assert password in {"", "password"} or password not in caught.value.detail


@pytest.mark.usefixtures("real_hashing")
def test_what_is_stored_is_argon2id_and_differs_each_time(app: Flask) -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert verify(PASSWORD, first).matches
    assert not verify(PASSWORD + " ", first).matches
    assert not verify(PASSWORD.upper(), first).matches


def test_what_nobody_is_compared_with_costs_what_everybody_costs() -> None:
    assert not Hashing(threads=2).hasher.current_hasher.check_needs_rehash(OF_NOBODY)


def test_nothing_is_cut_off(app: Flask) -> None:
    long = "a good one " * 23
    stored = hash_password(long)
    assert verify(long, stored).matches
    assert not verify(long[:-1], stored).matches
    assert not verify(long * 100, stored).matches


def test_accents_may_be_typed_either_way(app: Flask) -> None:
    assert verify("cafe\u0301 au lait", hash_password("caf\u00e9 au lait")).matches


def test_nobody_has_no_password(app: Flask) -> None:
    for tried in ("nobody's password", "", PASSWORD):
        assert not verify(tried, None).matches
        assert verify(tried, None).new_hash is None


@pytest.mark.usefixtures("real_hashing")
def test_a_hash_of_older_parameters_is_renewed(app: Flask) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    verified = verify(PASSWORD, old)
    assert verified.matches
    assert verified.new_hash is not None
    assert verify(PASSWORD, verified.new_hash) == (True, None)
    assert verify("another", old) == (False, None)
    assert verify(PASSWORD, hash_password(PASSWORD)) == (True, None)


def test_a_few_hash_at_once_and_one_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MAX_WAIT", 0.01)
    hashing = Hashing(threads=4)
    with hashing.turn(), hashing.turn(), pytest.raises(Unavailable), hashing.turn():
        pass
    outside, go = threading.Event(), threading.Event()
    monkeypatch.setattr(passwords, "MAX_WAIT", 60)

    def wait() -> None:
        with hashing.turn():
            outside.set()

    with hashing.turn(), hashing.turn():
        thread = threading.Thread(target=wait)
        thread.start()
        while hashing._admitted._value:
            go.wait(0.001)
        with pytest.raises(Unavailable), hashing.turn():
            pass
    thread.join()
    assert outside.is_set()
    with hashing.turn():
        pass

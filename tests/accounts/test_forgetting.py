"""What is over is refused whether it was deleted or not, and deleted in the end."""

from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select

from scim_server.accounts import one_time, sessions
from scim_server.accounts.models import OneTimeSecret, Session
from scim_server.accounts.one_time import LIFETIMES, Purpose
from scim_server.database import reading, transaction
from tests.support.accounts import address, make_account, sign_in


def test_ended_sessions_and_links_are_deleted(app: Flask) -> None:
    account = make_account(address())
    with time_machine.travel("2020-01-01T00:00:00Z", tick=False) as clock:
        sign_in(account)
        with transaction() as connection:
            secrets = {purpose: one_time.issue(connection, purpose, account, {"for": "x"}) for purpose in Purpose}
        for purpose, secret in secrets.items():
            assert one_time.peek(purpose, secret) is not None
            for other in set(Purpose) - {purpose}:
                assert one_time.peek(other, secret) is None
        assert sessions.forget_ended() == 0
        clock.shift(timedelta(days=2))
        for purpose, secret in secrets.items():
            assert LIFETIMES[purpose] <= timedelta(days=1)
            assert one_time.peek(purpose, secret) is None
        assert sessions.forget_ended() >= 1
        assert one_time.forget_old() >= len(Purpose)
    with reading() as connection:
        for model in (Session, OneTimeSecret):
            left = select(func.count()).select_from(model).where(model.account_id == account)
            assert connection.execute(left).scalar_one() == 0


def test_a_secret_works_once(app: Flask) -> None:
    account = make_account(address())
    with transaction() as connection:
        secret = one_time.issue(connection, Purpose.PROVE_EMAIL, account, {})
        assert one_time.use(connection, Purpose.RESET_PASSWORD, secret) is None
        assert one_time.use(connection, Purpose.PROVE_EMAIL, secret) is not None
        assert one_time.use(connection, Purpose.PROVE_EMAIL, secret) is None

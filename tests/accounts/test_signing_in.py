"""Sign in with a password: who enters, who shows more, and what everybody else learns."""

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from scim_server.accounts import recovery, second_factors, signing_in
from scim_server.accounts.links import LinkEnded
from scim_server.accounts.models import Account
from scim_server.accounts.service import find_account
from scim_server.accounts.sessions import AuthenticatedBy, recognise
from scim_server.accounts.signing_in import (
    EmailNotProved,
    Entered,
    SecondStep,
    StepExpired,
    WrongCode,
    WrongCredentials,
)
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import TooManyRequests
from tests.support.accounts import PASSWORD, address, browser, link_in, mails_to, make_account, secret_of


@pytest.fixture
def email(app: Flask) -> str:
    return address()


def change(account_id: str, **values: str) -> None:
    with transaction() as connection:
        connection.execute(update(Account).where(Account.id == account_id).values(values))


def entered(step: Entered | SecondStep) -> Entered:
    assert isinstance(step, Entered)
    return step


@pytest.mark.parametrize("typed", [str, str.upper, lambda email: f"  {email} "])
def test_the_right_password_enters(email: str, typed: object) -> None:
    account = make_account(email)
    assert callable(typed)
    step = entered(signing_in.with_password(typed(email), PASSWORD, browser()))
    found = recognise(step.secret)
    assert found is not None
    assert (found.account_id, found.authenticated_by) == (account, AuthenticatedBy.PASSWORD)


def test_everybody_else_learns_the_same(email: str) -> None:
    disabled, no_password = address("off"), address("sso")
    make_account(email)
    change(make_account(disabled), disabled_at=now())
    make_account(no_password, password=None)
    told = set()
    for who, password in [
        (email, "wrong"),
        (email, ""),
        (email, PASSWORD * 20),
        (disabled, PASSWORD),
        (no_password, PASSWORD),
        (no_password, "nobody's password"),
        (address("unknown"), PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ]:
        with pytest.raises(WrongCredentials) as caught:
            signing_in.with_password(who, password, browser())
        told.add(caught.value.detail)
    assert len(told) == 1


def test_an_address_is_proved_before_the_first_access(email: str) -> None:
    account = make_account(email, is_proved=False)
    with pytest.raises(EmailNotProved):
        signing_in.with_password(email, PASSWORD, browser())
    with pytest.raises(EmailNotProved):
        signing_in.with_password(email, PASSWORD, browser())
    earlier, newest = [secret_of(link_in(text)) for _, text in mails_to(email)]
    with pytest.raises(LinkEnded):
        recovery.prove_email(earlier)
    recovery.prove_email(newest)
    with pytest.raises(LinkEnded):
        recovery.prove_email(newest)
    assert find_account(account).email_proved_at is not None  # type: ignore[union-attr]
    entered(signing_in.with_password(email, PASSWORD, browser()))


@pytest.mark.usefixtures("real_hashing")
def test_a_hash_of_older_parameters_is_renewed_at_sign_in(email: str) -> None:
    account = make_account(email)
    change(account, password_hash=PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD))
    entered(signing_in.with_password(email, PASSWORD, browser()))
    with reading() as connection:
        stored = connection.execute(select(Account.password_hash).where(Account.id == account)).scalar_one()
    assert "m=65536" in str(stored)
    entered(signing_in.with_password(email, PASSWORD, browser()))


class TestSecondFactor:
    """Whoever has one shows it each time."""

    @pytest.fixture
    def codes(self, email: str) -> tuple[str, list[str]]:
        """Give the key of an authenticator, and recovery codes."""
        account = find_account(make_account(email))
        assert account is not None
        with time_machine.travel("2030-01-01T00:00:00Z", tick=False):
            new = second_factors.begin_authenticator(account)
            code = totp(new.key)
            return new.key, second_factors.confirm_authenticator(account.id, new.factor_id, code, "Phone", browser())

    def test_a_code_of_the_authenticator_enters_once(self, email: str, codes: tuple[str, list[str]]) -> None:
        with time_machine.travel("2030-01-01T00:10:00Z", tick=False) as clock:
            first, second = step_of(email), step_of(email)
            found = recognise(signing_in.with_code(first, totp(codes[0]), browser()).secret)
            assert found is not None
            assert found.authenticated_by is AuthenticatedBy.PASSWORD_AND_TOTP
            for step in (first, second):
                with pytest.raises((StepExpired, WrongCode)):
                    signing_in.with_code(step, totp(codes[0]), browser())
            clock.shift(30)
            signing_in.with_code(second, totp(codes[0]), browser())

    @pytest.mark.parametrize(("seconds", "right"), [(-31, False), (-30, True), (30, True), (60, False), (0, True)])
    def test_clocks_may_differ_by_one_step(
        self, email: str, codes: tuple[str, list[str]], seconds: int, *, right: bool
    ) -> None:
        with time_machine.travel("2030-01-01T00:10:00Z", tick=False) as clock:
            step = step_of(email)
            clock.shift(seconds)
            code = totp(codes[0])
            clock.shift(-seconds)
            if right:
                signing_in.with_code(step, code, browser())
            else:
                with pytest.raises(WrongCode):
                    signing_in.with_code(step, code, browser())

    def test_a_recovery_code_enters_once(self, email: str, codes: tuple[str, list[str]]) -> None:
        assert len(set(codes[1])) == 10
        step = step_of(email)
        typed = codes[1][0].upper().replace("-", " ")
        found = recognise(signing_in.with_code(step, typed, browser()).secret)
        assert found is not None
        assert found.authenticated_by is AuthenticatedBy.PASSWORD_AND_RECOVERY_CODE
        assert second_factors.recovery_codes_left(found.account_id) == 9
        with pytest.raises(WrongCode):
            signing_in.with_code(step_of(email), codes[1][0], browser())
        signing_in.with_code(step_of(email), codes[1][1], browser())

    @pytest.mark.parametrize("code", ["", "000000", "12345", "1234567", "١٢٣٤٥٦", "a" * 5_000, "aaaa-aaaa-aaaa-aaaa"])
    def test_no_other_code_enters(self, email: str, codes: tuple[str, list[str]], code: str) -> None:
        with pytest.raises(WrongCode):
            signing_in.with_code(step_of(email), code, browser())

    def test_codes_are_throttled_wherever_they_come_from(self, email: str, codes: tuple[str, list[str]]) -> None:
        step = step_of(email)
        for _ in range(5):
            with pytest.raises(WrongCode):
                signing_in.with_code(step, "000000", browser())
        with pytest.raises(TooManyRequests):
            signing_in.with_code(step, codes[1][0], browser())

    def test_a_step_ends_after_ten_minutes_and_with_another_password(
        self, email: str, codes: tuple[str, list[str]]
    ) -> None:
        with time_machine.travel("2030-02-01T00:00:00Z", tick=False) as clock:
            step = step_of(email)
            clock.shift(601)
            assert signing_in.pending(step) is None
            with pytest.raises(StepExpired):
                signing_in.with_code(step, codes[1][0], browser())
            step = step_of(email)
            recovery.ask_for_reset(email, browser())
            secret = secret_of(link_in(mails_to(email)[-1][1]))
            recovery.reset_password(secret, "another good password", browser())
            with pytest.raises(StepExpired):
                signing_in.with_code(step, codes[1][0], browser())
            # A reset does not skip the second factor.
            assert isinstance(signing_in.with_password(email, "another good password", browser()), SecondStep)


def totp(key: str) -> str:
    import pyotp

    return pyotp.TOTP(key).now()


def step_of(email: str) -> str:
    step = signing_in.with_password(email, PASSWORD, browser())
    assert isinstance(step, SecondStep)
    return step.secret

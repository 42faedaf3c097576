"""Logins of devices without a browser (RFC 8628): they show a code, a person approves it, they get a session."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.types import Text

from scim_server.accounts import command_line, throttling
from scim_server.accounts.command_line import Tokens, Vouched
from scim_server.accounts.device_policy import (
    INTERVAL,
    LIFETIME,
    SLOWER_BY,
    USER_CODE_LENGTH,
    USER_CODE_LETTERS,
    USER_CODES_OF_ACCOUNT,
    Outcome,
    State,
    normal_user_code,
    outcome,
    shown_user_code,
)
from scim_server.accounts.members import ACTIVE, USERS, organizations_of
from scim_server.accounts.models import DeviceLogin, Session
from scim_server.accounts.secrets import digest, is_plausible, new_secret
from scim_server.accounts.sessions import AuthenticatedBy, ProviderLogin, SignedIn
from scim_server.accounts.throttling import Try, from_address
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.identifiers import moment, now
from scim_server.protocol.errors import Forbidden, InvalidValue

MAX_NAME_LENGTH = 100
# What a clock and a network may be early by.
_TOLERANCE = timedelta(seconds=1)

_INSERT = insert(DeviceLogin)
_WAITING = (
    DeviceLogin.user_digest == bindparam("of_user"),
    DeviceLogin.state == State.PENDING.value,
    DeviceLogin.expires_at > bindparam("now"),
)
_LOOK = select(DeviceLogin.device_name, DeviceLogin.ip_address, DeviceLogin.created_at).where(*_WAITING)
_ANSWER = (
    update(DeviceLogin)
    .where(*_WAITING)
    .values(state=bindparam("answer"), session_id=bindparam("by_session"), organization_id=bindparam("chosen"))
    .returning(DeviceLogin.device_digest)
)
_OF_DEVICE = DeviceLogin.device_digest == bindparam("of_device")
_LOCK = select(DeviceLogin.__table__).where(_OF_DEVICE).with_for_update()
_POLLED = update(DeviceLogin).where(_OF_DEVICE).values(polled_at=bindparam("now"), interval=bindparam("seconds"))
_DONE = delete(DeviceLogin).where(_OF_DEVICE)
_FORGET = delete(DeviceLogin).where(DeviceLogin.expires_at <= bindparam("before"))
# Whoever ends access locks the User first and ends the sessions then: so does this, and one of both sees the other.
_LOCK_USERS = (
    select(USERS.c.id)
    .where(
        USERS.c.account_id == select(Session.account_id).where(Session.id == bindparam("session")).scalar_subquery(),
    )
    .order_by(USERS.c.organization_id)
    .with_for_update()
)
_APPROVING = (
    select(
        Session.account_id,
        Session.organization_id,
        Session.authenticated_by,
        Session.issuer,
        Session.subject,
        Session.provider_session,
        Session.connection_id,
    )
    .join(
        USERS,
        (USERS.c.account_id == Session.account_id)
        & (USERS.c.organization_id == bindparam("organization", type_=Text()))
        & (USERS.c.status == ACTIVE),
    )
    .where(Session.id == bindparam("session"), Session.expires_at > bindparam("now"))
)


class NoSuchCode(InvalidValue):
    """A user code that nobody is shown at the moment."""

    default_detail = "There is no such code, or it was used or is older than 10 minutes. Look at it once more."


class NotGranted(Exception):
    """A question whose answer is no session; `error` is the word of RFC 8628 §3.5, or of RFC 6749 §5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Begun:
    """The codes of a new login, each shown once: one for the device, one for its person."""

    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class Asking:
    """What asks to be let in, and from where."""

    device_name: str
    ip_address: str | None
    created_at: str


def begin(device_name: str, origin: Origin) -> Begun:
    """Begin the login of a device; raises InvalidValue for a name that people could not read."""
    name = device_name.strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"device_name has 1 to {MAX_NAME_LENGTH} printable characters.", field="device_name")
    device_code, at = new_secret(), datetime.now(UTC)
    user_code = "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))
    row = {
        "device_digest": digest(device_code),
        "user_digest": digest(user_code),
        "device_name": name,
        "ip_address": origin.ip_address,
        "state": State.PENDING.value,
        "session_id": None,
        "organization_id": None,
        "interval": INTERVAL,
        "polled_at": None,
        "created_at": moment(at),
        "expires_at": moment(at + LIFETIME),
    }
    with transaction() as connection:
        connection.execute(_INSERT, row)
    return Begun(device_code, shown_user_code(user_code))


def look(signed_in: SignedIn, user_code: str, origin: Origin) -> Asking:
    """Return what shows this code; raises NoSuchCode, and TooManyRequests for whoever guesses."""
    tries = (Try(USER_CODES_OF_ACCOUNT, signed_in.account_id), from_address(origin.ip_address))
    throttling.take(*tries)
    with reading() as connection:
        row = connection.execute(_LOOK, {"of_user": digest(normal_user_code(user_code)), "now": now()}).first()
    if row is None:
        raise NoSuchCode(field="user_code")
    throttling.succeeded(*tries)
    return Asking(*row)


def approve(signed_in: SignedIn, user_code: str, organization_id: str, origin: Origin) -> None:
    """Let the device in as this person, to begin in one of their Organizations; raises Forbidden, as `look`."""
    look(signed_in, user_code, origin)
    belongings = organizations_of(signed_in.account_id, signed_in.organization_id)
    if organization_id not in {each.organization_id for each in belongings}:
        raise Forbidden("Choose an Organization that you are a member of.")
    _answer(signed_in, user_code, State.APPROVED, organization_id)


def deny(signed_in: SignedIn, user_code: str, origin: Origin) -> None:
    """Keep the device out; raises as `look`."""
    look(signed_in, user_code, origin)
    _answer(signed_in, user_code, State.DENIED, None)


def redeem(device_code: str, origin: Origin) -> Tokens:
    """Answer the device's question; raises NotGranted with what it is told instead of tokens."""
    if not is_plausible(device_code):
        raise NotGranted("invalid_grant")
    bound, at = {"of_device": digest(device_code)}, datetime.now(UTC)
    granted: Tokens | None = None
    with transaction() as connection:
        row = connection.execute(_LOCK, bound).first()
        if row is None:
            raise NotGranted("invalid_grant")
        wait = timedelta(seconds=row.interval) - _TOLERANCE
        is_early = row.polled_at is not None and row.polled_at > moment(at - wait)
        found = outcome(State(row.state), is_expired=row.expires_at <= moment(at), is_early=is_early)
        if found is Outcome.GRANT:
            connection.execute(_DONE, bound)
            asked = {"session": row.session_id, "organization": row.organization_id, "now": moment(at)}
            connection.execute(_LOCK_USERS, asked).all()
            approving = connection.execute(_APPROVING, asked).first()
            if approving is None:
                found = Outcome.DENIED
            else:
                vouched = _vouched(approving)
                granted = command_line.start(connection, vouched, row.organization_id, row.device_name, origin)
        else:
            seconds = row.interval + (SLOWER_BY if found is Outcome.SLOW_DOWN else 0)
            connection.execute(_POLLED, {**bound, "now": moment(at), "seconds": seconds})
    if granted is None:
        raise NotGranted(found.value)
    return granted


def forget_old() -> int:
    """Delete logins that nobody finished in time, and return how many."""
    # A device that asks a little late is still told why.
    before = moment(datetime.now(UTC) - LIFETIME)
    with transaction() as connection:
        return connection.execute(_FORGET, {"before": before}).rowcount


def _answer(signed_in: SignedIn, user_code: str, state: State, organization_id: str | None) -> None:
    bound = {
        "of_user": digest(normal_user_code(user_code)),
        "now": now(),
        "answer": state.value,
        "by_session": signed_in.session_id,
        "chosen": organization_id,
    }
    with transaction() as connection:
        if connection.execute(_ANSWER, bound).first() is None:
            raise NoSuchCode(field="user_code")


def _vouched(row: Any) -> Vouched:
    provider = None
    if row.issuer:
        provider = ProviderLogin(row.issuer, row.subject, row.provider_session, row.connection_id)
    return Vouched(row.account_id, row.organization_id, AuthenticatedBy(row.authenticated_by), provider)

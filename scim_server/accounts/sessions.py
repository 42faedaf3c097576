"""Sessions: start, recognise, rotate, list and end them. The row decides, the cookie only names it."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection, and_, bindparam, column, delete, func, insert, or_, select, table, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import Text

from scim_server.accounts.members import ACTIVE, USERS, record_for_member
from scim_server.accounts.models import Account, Session
from scim_server.accounts.secrets import digest, is_plausible, new_secret
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.identifiers import moment, new_id, now
from scim_server.protocol.errors import NotFound
from scim_server.sealing import seal
from scim_server.settings import Settings

_EXTENSION = "sessions"
# `last_seen_at` is written at most this often: a write on each request would cost more than the request.
SEEN_PRECISION = timedelta(seconds=60)
# What changes security asks whoever showed who they are longer ago to do it again.
RECENT = timedelta(minutes=10)

# It goes back in an address, and longer ones are refused on the way.
MAX_ID_TOKEN_LENGTH = 4_096

_log = logging.getLogger(__name__)


class AuthenticatedBy(StrEnum):
    """How a person showed who they are."""

    PASSWORD = "password"  # noqa: S105 - a way of signing in, no secret
    PASSWORD_AND_TOTP = "password+totp"  # noqa: S105 - as above
    PASSWORD_AND_PASSKEY = "password+passkey"  # noqa: S105 - as above
    PASSWORD_AND_RECOVERY_CODE = "password+recovery-code"  # noqa: S105 - as above
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class ProviderLogin:
    """The login at an identity provider that a session comes from; `session` is its `sid`, where it has one.

    `id_token` is what the provider wants to see again when the person signs out there too.
    """

    issuer: str
    subject: str
    session: str | None = None
    connection_id: str | None = None
    id_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """The ACTIVE User that the person is in one Organization."""

    organization_id: str
    user_id: str
    role: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in. `member` is who they are in the Organization that was asked for, None where they are nobody.

    `organization_id` is the only Organization that the session is good for, None where it is good for all of theirs.
    """

    session_id: str
    account_id: str
    email: str
    name: str
    organization_id: str | None
    authenticated_by: AuthenticatedBy
    authenticated_at: str
    rotation_due: bool
    member: Member | None
    # Of a command line: the Organization where it begins.
    home_organization_id: str | None = None

    @property
    def is_recent(self) -> bool:
        """Tell whether the person showed who they are in the last ten minutes."""
        return self.authenticated_at > moment(datetime.now(UTC) - RECENT)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as its owner sees it; `is_device` is that of a command line or another device."""

    id: str
    organization_name: str | None
    authenticated_by: str
    created_at: str
    last_seen_at: str
    ip_address: str | None
    user_agent: str | None
    is_device: bool = False


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lives: without a request, and at all."""

    idle: timedelta
    absolute: timedelta


def set_up_sessions(app: Flask, settings: Settings) -> None:
    """Give the sessions of this application the life that the settings say."""
    idle, absolute = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    app.extensions[_EXTENSION] = Lifetimes(idle, absolute)


_organizations = table("organizations", column("id", Text()), column("name", Text()))
_INSERT = insert(Session)
_OF_ACCOUNT = Session.account_id == bindparam("account")
# Who is signed in by one Organization sees no session of another.
_VISIBLE = or_(bindparam("organization", type_=Text()).is_(None), Session.organization_id == bindparam("organization"))
# One look-up by the digest, which brings everything that decides about access: whoever loses it is out at once.
_RECOGNISE = (
    select(
        Session.id,
        Session.account_id,
        Session.organization_id,
        Session.authenticated_by,
        Session.authenticated_at,
        Session.last_seen_at,
        Session.expires_at,
        Session.idle_expires_at,
        Session.rotation_due,
        Session.access_expires_at,
        Session.home_organization_id,
        Account.email,
        Account.name,
        Account.disabled_at,
        USERS.c.organization_id.label("member_organization_id"),
        USERS.c.id.label("user_id"),
        USERS.c.role,
    )
    .join(Account, Account.id == Session.account_id)
    .outerjoin(
        USERS,
        and_(
            USERS.c.account_id == Session.account_id,
            USERS.c.organization_id == func.coalesce(Session.organization_id, bindparam("organization")),
            USERS.c.status == ACTIVE,
        ),
    )
    .where(Session.secret_digest == bindparam("digest"))
)
_SEEN = (
    update(Session)
    .where(Session.id == bindparam("session"))
    .values(last_seen_at=bindparam("moment"), idle_expires_at=bindparam("idle"))
)
_ROTATE = (
    update(Session)
    .where(Session.id == bindparam("session"))
    .values(secret_digest=bindparam("digest"), rotation_due=False)
    .returning(Session.id)
)
_REAUTHENTICATE = _ROTATE.values(authenticated_at=bindparam("moment"))
# What lists show of a session that is still good, the last used first.
SHOWN = (
    Session.authenticated_by,
    Session.created_at,
    Session.last_seen_at,
    Session.ip_address,
    Session.user_agent,
    Session.access_expires_at.is_not(None),
)
IS_GOOD = (Session.expires_at > bindparam("now"), Session.idle_expires_at > bindparam("now"))
LAST_USED_FIRST = (Session.last_seen_at.desc(), Session.id)
_LIST = (
    select(Session.id, _organizations.c.name, *SHOWN)
    .outerjoin(_organizations, _organizations.c.id == Session.organization_id)
    .where(_OF_ACCOUNT, _VISIBLE, *IS_GOOD)
    .order_by(*LAST_USED_FIRST)
)
_END = delete(Session).where(_OF_ACCOUNT, _VISIBLE, Session.id == bindparam("session")).returning(Session.id)
_END_ALL = delete(Session).where(_OF_ACCOUNT, Session.id != bindparam("but"))
_FORGET = delete(Session).where(
    or_(Session.expires_at <= bindparam("now"), Session.idle_expires_at <= bindparam("now"))
)


def start(
    connection: Connection,
    account_id: str,
    origin: Origin,
    *,
    authenticated_by: AuthenticatedBy,
    organization_id: str | None = None,
    provider: ProviderLogin | None = None,
) -> str:
    """Start a session in the caller's transaction and return its secret, for the cookie alone.

    `organization_id` is the only Organization that it is good for; None after a password. `origin` says from where.
    The caller has made sure who the person is, and that they may enter.
    """
    secret, at = new_secret(), datetime.now(UTC)
    lifetimes = _lifetimes()
    row: dict[str, Any] = {
        "id": new_id(),
        "secret_digest": digest(secret),
        "account_id": account_id,
        "organization_id": organization_id,
        "authenticated_by": authenticated_by.value,
        "authenticated_at": moment(at),
        "created_at": moment(at),
        "last_seen_at": moment(at),
        "expires_at": moment(at + lifetimes.absolute),
        "idle_expires_at": moment(at + lifetimes.idle),
        "rotation_due": False,
        "ip_address": origin.ip_address,
        "user_agent": origin.user_agent,
        "issuer": provider and provider.issuer,
        "subject": provider and provider.subject,
        "provider_session": provider and provider.session,
        "connection_id": provider and provider.connection_id,
        "id_token": _kept(provider.id_token if provider is not None else None),
        "access_expires_at": None,
        "home_organization_id": None,
    }
    connection.execute(_INSERT, row)
    changes = {"authenticatedBy": [None, authenticated_by.value]}
    record_for_member(connection, account_id, origin, "account:session:started", changes, organization_id)
    return secret


def recognise(secret: str, organization_id: str | None = None, *, is_access_token: bool = False) -> SignedIn | None:
    """Return who a cookie's secret stands for; None where it is unknown or too old, or the person may not enter.

    With `is_access_token` it is that of a command line: neither passes for the other.

    Asks the database each time, so whoever loses access loses it on the next request in every worker. A session of one
    Organization lasts only while the person is an ACTIVE User there; one of all has its `member` in the
    `organization_id` asked for.
    """
    if not is_plausible(secret):
        return None
    with reading() as connection:
        row = connection.execute(_RECOGNISE, {"digest": digest(secret), "organization": organization_id}).first()
    at = now()
    if row is None or row.disabled_at is not None or row.expires_at <= at or row.idle_expires_at <= at:
        return None
    if (row.access_expires_at is not None) is not is_access_token or (row.access_expires_at or row.expires_at) <= at:
        return None
    if row.organization_id is not None and row.user_id is None:
        return None
    member = None
    if row.user_id is not None and organization_id in {None, row.member_organization_id}:
        member = Member(row.member_organization_id, row.user_id, row.role)
    _note_use(row)
    return SignedIn(
        session_id=row.id,
        account_id=row.account_id,
        email=row.email,
        name=row.name,
        organization_id=row.organization_id,
        authenticated_by=AuthenticatedBy(row.authenticated_by),
        authenticated_at=row.authenticated_at,
        rotation_due=row.rotation_due,
        member=member,
        home_organization_id=row.home_organization_id,
    )


def rotate(connection: Connection, session_id: str) -> str | None:
    """Give a session another secret and return it; None where the session has ended meanwhile."""
    secret = new_secret()
    found = connection.execute(_ROTATE, {"session": session_id, "digest": digest(secret)}).first()
    return None if found is None else secret


def reauthenticate(connection: Connection, session_id: str) -> str | None:
    """Note that the person has shown again who they are, and rotate the session; None where it has ended."""
    secret = new_secret()
    bound = {"session": session_id, "digest": digest(secret), "moment": now()}
    return None if connection.execute(_REAUTHENTICATE, bound).first() is None else secret


def list_sessions(account_id: str, organization_id: str | None = None) -> list[SessionRecord]:
    """Return the Account's living sessions, or those of one Organization alone, the last used first."""
    bound = {"account": account_id, "organization": organization_id, "now": now()}
    with reading() as connection:
        return [SessionRecord(*row) for row in connection.execute(_LIST, bound)]


def end(account_id: str, session_id: str, origin: Origin, *, organization_id: str | None = None) -> None:
    """End one session of the Account, or of one Organization alone; raises NotFound."""
    bound = {"account": account_id, "organization": organization_id, "session": session_id}
    with transaction() as connection:
        if connection.execute(_END, bound).first() is None:
            raise NotFound("There is no such session; it may have ended already.")
        record_for_member(connection, account_id, origin, "account:session:ended", {}, organization_id)


def end_all(connection: Connection, account_id: str, *, but: str | None = None) -> int:
    """End the Account's sessions, all `but` one, in the caller's transaction; return how many."""
    return connection.execute(_END_ALL, {"account": account_id, "but": but or ""}).rowcount


def forget_ended() -> int:
    """Delete sessions that are too old, and return how many; they are refused whether this runs or not."""
    with transaction() as connection:
        return connection.execute(_FORGET, {"now": now()}).rowcount


def _kept(id_token: str | None) -> str | None:
    return seal(id_token) if id_token is not None and len(id_token) <= MAX_ID_TOKEN_LENGTH else None


def _note_use(row: Any) -> None:
    """Write when the session was used, unless the database takes no writes: then whoever only reads is still served."""
    at = datetime.now(UTC)
    if row.last_seen_at >= moment(at - SEEN_PRECISION):
        return
    idle = moment(at + _lifetimes().idle) if row.access_expires_at is None else row.idle_expires_at
    bound = {"session": row.id, "moment": moment(at), "idle": idle}
    try:
        with transaction() as connection:
            connection.execute(_SEEN, bound)
    except OperationalError as error:
        _log.warning("the use of a session was not noted", exc_info=error)


def _lifetimes() -> Lifetimes:
    lifetimes: Lifetimes = current_app.extensions[_EXTENSION]
    return lifetimes

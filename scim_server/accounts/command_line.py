"""Sessions of command lines: an access token that ends soon, and refresh tokens of which each is good once."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app
from sqlalchemy import Connection, bindparam, column, delete, insert, or_, select, table, update
from sqlalchemy.types import Text

from scim_server.accounts import sessions
from scim_server.accounts.members import organizations_of, record_for_member
from scim_server.accounts.models import RefreshToken, Session
from scim_server.accounts.secrets import digest, is_plausible, new_secret
from scim_server.accounts.sessions import AuthenticatedBy, ProviderLogin, SignedIn
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.identifiers import moment, now
from scim_server.settings import Settings

# They tell people and secret scanners what they are looking at.
ACCESS_PREFIX, REFRESH_PREFIX = "scimu_", "scimr_"
ACCESS_LIFETIME = timedelta(minutes=15)
_EXTENSION = "command_line_lifetime"

_organizations = table("organizations", column("id", Text()), column("slug", Text()))
_ORGANIZATION = select(_organizations.c.id).where(
    or_(_organizations.c.id == bindparam("named"), _organizations.c.slug == bindparam("named"))
)
_OF_SECRET = Session.secret_digest == bindparam("of_digest")
_BECOME_COMMAND_LINE = (
    update(Session)
    .where(_OF_SECRET)
    .values(
        access_expires_at=bindparam("access_ends"),
        home_organization_id=bindparam("home"),
        expires_at=bindparam("ends"),
        idle_expires_at=bindparam("ends"),
    )
    .returning(Session.id)
)
_RENEW = (
    update(Session)
    .where(Session.id == bindparam("session"), Session.expires_at > bindparam("now"))
    .values(
        secret_digest=bindparam("digest"),
        access_expires_at=bindparam("access_ends"),
        last_seen_at=bindparam("now"),
        ip_address=bindparam("address"),
        rotation_due=False,
    )
    .returning(Session.home_organization_id)
)
_INSERT_REFRESH = insert(RefreshToken)
_FIND_REFRESH = (
    select(RefreshToken.session_id, RefreshToken.used_at, Session.account_id, Session.organization_id)
    .join(Session, Session.id == RefreshToken.session_id)
    .where(RefreshToken.secret_digest == bindparam("digest"))
    .with_for_update()
)
_USE_REFRESH = (
    update(RefreshToken).where(RefreshToken.secret_digest == bindparam("of_digest")).values(used_at=bindparam("now"))
)
_OF_ACCESS = select(Session.id, Session.account_id, Session.organization_id).where(
    _OF_SECRET, Session.access_expires_at.is_not(None)
)
_OF_REFRESH = (
    select(Session.id, Session.account_id, Session.organization_id)
    .join(RefreshToken, RefreshToken.session_id == Session.id)
    .where(RefreshToken.secret_digest == bindparam("of_digest"))
)
_END = delete(Session).where(Session.id == bindparam("session"))


class LoginEnded(Exception):
    """A refresh token that is unknown, was used, or belongs to a login that has ended."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a command line is given, this once; `organization_id` is where it begins."""

    access_token: str
    refresh_token: str
    organization_id: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the browser's session that approved is good for, and what it came from; the command line inherits it."""

    account_id: str
    organization_id: str | None
    authenticated_by: AuthenticatedBy
    provider: ProviderLogin | None


def set_up_command_line(app: Flask, settings: Settings) -> None:
    """Give the logins of command lines the life that the settings say."""
    app.extensions[_EXTENSION] = timedelta(days=settings.command_line_days)


def start(connection: Connection, vouched: Vouched, organization_id: str, device_name: str, origin: Origin) -> Tokens:
    """Start a session of a command line in the caller's transaction; the caller has made sure that the person may."""
    shown = replace(origin, user_agent=f"Command line on {device_name}")
    secret = sessions.start(
        connection,
        vouched.account_id,
        shown,
        authenticated_by=vouched.authenticated_by,
        organization_id=vouched.organization_id,
        provider=vouched.provider,
    )
    at, lifetime = datetime.now(UTC), current_app.extensions[_EXTENSION]
    bound = {
        "of_digest": digest(secret),
        "access_ends": moment(at + ACCESS_LIFETIME),
        "home": organization_id,
        "ends": moment(at + lifetime),
    }
    session_id = connection.execute(_BECOME_COMMAND_LINE, bound).scalar_one()
    refresh_token = _new_refresh_token(connection, session_id)
    return Tokens(f"{ACCESS_PREFIX}{secret}", refresh_token, organization_id)


def refresh(text: str, origin: Origin) -> Tokens:
    """Use a refresh token up and return new tokens, which end the earlier ones; raises LoginEnded.

    One that was used before was stolen or copied, and nobody can tell who has the newer one: the login ends.
    """
    secret = text.removeprefix(REFRESH_PREFIX)
    if not is_plausible(secret) or not text.startswith(REFRESH_PREFIX):
        raise LoginEnded
    at = datetime.now(UTC)
    renewed = None
    with transaction() as connection:
        row = connection.execute(_FIND_REFRESH, {"digest": digest(secret)}).first()
        if row is not None and row.used_at is not None:
            record_for_member(
                connection, row.account_id, origin, "account:session:token-reused", {}, row.organization_id
            )
            connection.execute(_END, {"session": row.session_id})
        elif row is not None:
            connection.execute(_USE_REFRESH, {"of_digest": digest(secret), "now": moment(at)})
            renewed = _renew(connection, row.session_id, at, origin)
    if renewed is None:
        raise LoginEnded
    return renewed


def revoke(text: str, origin: Origin) -> None:
    """End the login that a token belongs to, whichever of the two it is; what is none of ours ends nothing."""
    is_refresh = text.startswith(REFRESH_PREFIX)
    secret = text.removeprefix(REFRESH_PREFIX if is_refresh else ACCESS_PREFIX)
    if not is_plausible(secret) or secret == text:
        return
    with transaction() as connection:
        statement = _OF_REFRESH if is_refresh else _OF_ACCESS
        row = connection.execute(statement, {"of_digest": digest(secret)}).first()
        if row is not None:
            record_for_member(connection, row.account_id, origin, "account:session:ended", {}, row.organization_id)
            connection.execute(_END, {"session": row.id})


def recognise(text: str, organization: str | None = None) -> SignedIn | None:
    """Return whom an access token stands for, as `sessions.recognise` does; the Organization by its id or slug.

    Without one it is where the command line begins, or another one where the person is no member there any more.
    """
    secret = text.removeprefix(ACCESS_PREFIX)
    if organization is not None:
        with reading() as connection:
            organization = connection.execute(_ORGANIZATION, {"named": organization}).scalar() or ""
    found = sessions.recognise(secret, organization, is_access_token=True)
    if found is None or organization is not None or found.member is not None:
        return found
    belongings = [each.organization_id for each in organizations_of(found.account_id, found.organization_id)]
    home = found.home_organization_id
    chosen = home if home in belongings else next(iter(belongings), None)
    return sessions.recognise(secret, chosen, is_access_token=True)


def _renew(connection: Connection, session_id: str, at: datetime, origin: Origin) -> Tokens | None:
    secret = new_secret()
    bound = {
        "session": session_id,
        "digest": digest(secret),
        "access_ends": moment(at + ACCESS_LIFETIME),
        "now": moment(at),
        "address": origin.ip_address,
    }
    found = connection.execute(_RENEW, bound).first()
    if found is None:
        return None
    refresh_token = _new_refresh_token(connection, session_id)
    return Tokens(f"{ACCESS_PREFIX}{secret}", refresh_token, found.home_organization_id)


def _new_refresh_token(connection: Connection, session_id: str) -> str:
    secret = new_secret()
    row = {"secret_digest": digest(secret), "session_id": session_id, "created_at": now(), "used_at": None}
    connection.execute(_INSERT_REFRESH, row)
    return f"{REFRESH_PREFIX}{secret}"

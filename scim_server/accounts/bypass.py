"""The bypass link: for when the identity provider is broken, and single sign-on is the only way in.

Who has it signs in with address and password, and a second factor where there is one. It opens nothing by itself, and
it is good for one Organization alone.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, update
from sqlalchemy.types import Text

from scim_server.accounts import throttling
from scim_server.accounts.links import LinkEnded, link
from scim_server.accounts.members import record_for_member
from scim_server.accounts.models import BypassKey
from scim_server.accounts.secrets import digest, is_plausible, new_secret
from scim_server.accounts.throttling import from_address
from scim_server.audit.service import Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Requester

_GET, _CREATE, _DELETE_IT = (f"organization.ssoBypassKey.{name}" for name in ("get", "create", "delete"))
_PATH = "/login/bypass"

_OF_ORGANIZATION = BypassKey.organization_id == bindparam("organization")
_RECORD = (
    BypassKey.created_at,
    BypassKey.created_by_type,
    BypassKey.created_by_id,
    BypassKey.created_by_name,
    BypassKey.last_used_at,
)
_FIND = select(*_RECORD).where(_OF_ORGANIZATION)
_organizations = table("organizations", column("id", Text()), column("name", Text()))
_LOCK_ORGANIZATION = (
    select(_organizations.c.id).where(_organizations.c.id == bindparam("organization")).with_for_update()
)
_OPENED = (
    select(BypassKey.organization_id, _organizations.c.name)
    .join(_organizations, _organizations.c.id == BypassKey.organization_id)
    .where(BypassKey.secret_digest == bindparam("digest"))
)
# Shared: whoever replaces or deletes the key waits for the sign-in, and later ones find it gone.
_OPENS = (
    select(BypassKey.organization_id)
    .where(_OF_ORGANIZATION, BypassKey.secret_digest == bindparam("digest"))
    .with_for_update(read=True)
)
_USED = update(BypassKey).where(BypassKey.organization_id == bindparam("of")).values(last_used_at=bindparam("now"))
_DELETE = delete(BypassKey).where(_OF_ORGANIZATION).returning(BypassKey.organization_id)


@dataclass(frozen=True, slots=True)
class BypassKeyRecord:
    """A bypass link as Owners see it: never the link itself, which was shown to whoever made it."""

    created_at: str
    created_by_type: str
    created_by_id: str | None
    created_by_name: str | None
    last_used_at: str | None


@dataclass(frozen=True, slots=True)
class Bypassed:
    """The Organization whose single sign-on a link goes around."""

    organization_id: str
    name: str


def read_key(requester: Requester) -> BypassKeyRecord:
    """Return when and by whom the link was made; raises Forbidden, and NotFound where there is none."""
    requester.require(_GET)
    with reading() as connection:
        row = connection.execute(_FIND, {"organization": requester.organization_id}).first()
    if row is None:
        raise NotFound("This Organization has no bypass link.")
    return BypassKeyRecord(*row)


def make_key(requester: Requester) -> tuple[BypassKeyRecord, str]:
    """Make the link, and void the one before it; return it with its address, which is shown this once.

    Raises Forbidden.
    """
    requester.require(_CREATE)
    organization_id, origin, secret = requester.organization_id, requester.origin, new_secret()
    made = BypassKeyRecord(now(), origin.actor_type.value, origin.actor_id, origin.actor_name, None)
    row: dict[str, Any] = {name: getattr(made, name) for name in BypassKeyRecord.__dataclass_fields__}
    with transaction() as connection:
        # Of two at once, the second replaces the first.
        connection.execute(_LOCK_ORGANIZATION, {"organization": organization_id})
        replaced = connection.execute(_DELETE, {"organization": organization_id}).first() is not None
        connection.execute(
            insert(BypassKey), {"organization_id": organization_id, "secret_digest": digest(secret), **row}
        )
        _record(connection, requester, "regenerated" if replaced else "created")
    return made, link(_PATH, secret)


def delete_key(requester: Requester) -> None:
    """Void the link; raises Forbidden and NotFound."""
    requester.require(_DELETE_IT)
    with transaction() as connection:
        connection.execute(_LOCK_ORGANIZATION, {"organization": requester.organization_id})
        if connection.execute(_DELETE, {"organization": requester.organization_id}).first() is None:
            raise NotFound("This Organization has no bypass link.")
        _record(connection, requester, "deleted")


def look(secret: str, origin: Origin) -> Bypassed:
    """Return which Organization's single sign-on a link goes around; raises LinkEnded and TooManyRequests."""
    tried = from_address(origin.ip_address)
    throttling.take(tried)
    found = find(secret)
    if found is None:
        raise LinkEnded("This link goes around no single sign-on any more. Ask an Organization Owner for the newest.")
    throttling.succeeded(tried)
    return found


def find(secret: str) -> Bypassed | None:
    """Return which Organization's single sign-on a link goes around, None where it leads nowhere."""
    if not is_plausible(secret):
        return None
    with reading() as connection:
        row = connection.execute(_OPENED, {"digest": digest(secret)}).first()
    return None if row is None else Bypassed(*row)


def opens(connection: Connection, key_digest: str, organization_id: str) -> bool:
    """Tell whether a link, of which the digest is given, is the Organization's at present."""
    bound = {"organization": organization_id, "digest": key_digest}
    return connection.execute(_OPENS, bound).first() is not None


def note_use(connection: Connection, organization_id: str, account_id: str, origin: Origin) -> None:
    """Note that somebody has entered the Organization by its link, in the transaction that starts their session."""
    connection.execute(_USED, {"of": organization_id, "now": now()})
    record_for_member(connection, account_id, origin, "account:sso:bypassed", {}, organization_id)


def _record(connection: Connection, requester: Requester, what: str) -> None:
    event = Event(f"owner:sso-bypass-key:{what}", "Organization", requester.organization_id, {})
    record(connection, requester.organization_id, requester.origin, [event])

"""Give a Connection up: what goes with it, what stays, and what stands against it."""

from dataclasses import dataclass

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, column, delete, func, select, table, update
from sqlalchemy.types import Text

from scim_server.audit.service import Event, record
from scim_server.connections.administration import find_connection
from scim_server.connections.models import Connection
from scim_server.connections.service import lock_connections
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import Conflict
from scim_server.roles.authority import Requester
from scim_server.tokens.models import Token
from scim_server.tokens.recognition import SCIM_SCOPE

_DELETE = delete(Connection).where(
    Connection.organization_id == bindparam("organization"), Connection.id == bindparam("connection")
)
_OTHERS = (
    select(Connection.id, Connection.name)
    .where(Connection.organization_id == bindparam("organization"), Connection.id != bindparam("connection"))
    .order_by(Connection.id)
)
_OF_TOKENS = (Token.organization_id == bindparam("organization"), Token.connection_id == bindparam("connection"))
_LIVE_TOKENS = (
    select(Token.id, Token.name, Token.scopes)
    .where(
        *_OF_TOKENS, Token.revoked_at.is_(None), (Token.expires_at.is_(None)) | (Token.expires_at > bindparam("now"))
    )
    .order_by(Token.id)
)
_MOVE_TOKENS = update(Token).where(*_OF_TOKENS).values(connection_id=bindparam("successor"))
_domains, _sign_on = (
    table(name, column("organization_id", Text()), column("connection_id", Text()))
    for name in ("domains", "connection_sso")
)
_OF_DOMAINS = (_domains.c.organization_id == bindparam("of"), _domains.c.connection_id == bindparam("deleted"))
_UNMAP_DOMAINS = update(_domains).where(*_OF_DOMAINS).values(connection_id=None)
_COUNT_DOMAINS = select(func.count()).select_from(_domains).where(*_OF_DOMAINS)
_COUNT_SIGN_ON = (
    select(func.count())
    .select_from(_sign_on)
    .where(_sign_on.c.organization_id == bindparam("of"), _sign_on.c.connection_id == bindparam("deleted"))
)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting a Connection would do; `hindrance` is why it cannot be deleted yet, with the way out, or None.

    `successor` is the name of the Connection to which its `other_tokens` pass, those that do not provision.
    """

    hindrance: str | None
    successor: str | None
    other_tokens: int
    domains: int
    signs_in: bool


def deletion_of(requester: Requester, connection_id: str) -> Deletion:
    """Return what deleting a Connection would do; raises NotFound."""
    requester.require("organization.connections.delete")
    find_connection(requester, connection_id)
    bound = {"of": requester.organization_id, "deleted": connection_id}
    key = {"organization": requester.organization_id, "connection": connection_id}
    with reading() as connection:
        others = connection.execute(_OTHERS, key).all()
        provisioning, other_tokens = _live_tokens(connection, requester.organization_id, connection_id)
        return Deletion(
            _hindrance([each.id for each in others], provisioning),
            others[0].name if others else None,
            other_tokens,
            connection.execute(_COUNT_DOMAINS, bound).scalar_one(),
            connection.execute(_COUNT_SIGN_ON, bound).scalar_one() > 0,
        )


def delete_connection(requester: Requester, connection_id: str) -> None:
    """Delete a Connection; the people and Teams that came by it stay, and sign in with a password where they have one.

    Tokens that do not provision pass to the Organization's first Connection. Raises NotFound, and Conflict for the
    last Connection and for one whose SCIM tokens are still good.
    """
    requester.require("organization.connections.delete")
    organization_id = requester.organization_id
    key = {"organization": organization_id, "connection": connection_id}
    with transaction() as connection:
        others = [each for each in lock_connections(connection, organization_id) if each != connection_id]
        before = find_connection(requester, connection_id)
        provisioning, _others = _live_tokens(connection, organization_id, connection_id)
        hindrance = _hindrance(others, provisioning)
        if hindrance is not None:
            raise Conflict(hindrance)
        connection.execute(_MOVE_TOKENS, {**key, "successor": others[0]})
        connection.execute(_UNMAP_DOMAINS, {"of": organization_id, "deleted": connection_id})
        connection.execute(_DELETE, key)
        event = Event("owner:connection:deleted", "Connection", connection_id, {"name": [before.name, None]})
        record(connection, organization_id, requester.origin, [event])


def _live_tokens(connection: DatabaseConnection, organization_id: str, connection_id: str) -> tuple[list[str], int]:
    """Return the names and ids of good tokens that provision by the Connection, and how many others are good."""
    bound = {"organization": organization_id, "connection": connection_id, "now": now()}
    live = connection.execute(_LIVE_TOKENS, bound).all()
    provisioning = [f"{token.name!r} ({token.id})" for token in live if SCIM_SCOPE in token.scopes]
    return provisioning, len(live) - len(provisioning)


def _hindrance(others: list[str], provisioning: list[str]) -> str | None:
    if not others:
        return "This is the only Connection of the Organization; create another one first."
    if provisioning:
        return f"SCIM tokens of this Connection are still good; delete them first: {', '.join(provisioning)}."
    return None

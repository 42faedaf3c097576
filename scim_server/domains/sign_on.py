"""By which Connection a domain's people sign in, and whether by it alone: what has to hold before that is switched on.

Users and the sign-on settings of Connections are named here by what is needed of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, column, select, table
from sqlalchemy.types import Text

from scim_server.accounts.policy import ways_of
from scim_server.accounts.rights import end_passwords_of_domain
from scim_server.audit.service import ActorType
from scim_server.domains.policy import Proof, State, lockout
from scim_server.protocol.errors import Conflict, InvalidValue
from scim_server.roles.authority import Requester
from scim_server.roles.catalogue import catalogue

_connections = table("connections", column("organization_id", Text()), column("id", Text()))
_settings = table(
    "connection_sso",
    column("organization_id", Text()),
    column("connection_id", Text()),
    column("is_active", Boolean()),
    column("owner_entered_by", Text()),
)
_users = table("users", *(column(name, Text()) for name in ("organization_id", "id", "account_id", "status", "role")))

# Locked, so that a Connection is not deleted while a domain is mapped to it.
_CONNECTIONS = (
    select(_connections.c.id)
    .where(_connections.c.organization_id == bindparam("organization"))
    .order_by(_connections.c.id)
    .with_for_update(read=True)
)
_SETTINGS = select(_settings.c.is_active, _settings.c.owner_entered_by).where(
    _settings.c.organization_id == bindparam("organization"), _settings.c.connection_id == bindparam("connection")
)
_PERSON = select(_users.c.account_id).where(
    _users.c.organization_id == bindparam("organization"), _users.c.id == bindparam("user")
)
_OWNER = select(_users.c.id).where(
    _users.c.organization_id == bindparam("organization"),
    _users.c.account_id == bindparam("account"),
    _users.c.status == "ACTIVE",
    _users.c.role == bindparam("owner"),
)


def mapped_connection(connection: Connection, organization_id: str, wanted: str | None) -> str | None:
    """Return the Connection that a domain is mapped to: the one that is wanted, or else the only one there is.

    Raises InvalidValue for a Connection that is none of the Organization's.
    """
    there = list(connection.execute(_CONNECTIONS, {"organization": organization_id}).scalars())
    if wanted is None:
        return there[0] if len(there) == 1 else None
    if wanted not in there:
        raise InvalidValue(f"There is no Connection '{wanted}' in this Organization.", field="connectionId")
    return wanted


def check_lockout(
    connection: Connection,
    requester: Requester,
    state: State,
    connection_id: str | None,
    enforced_logins: Sequence[str],
) -> None:
    """Raise Conflict where a domain's people would be left with single sign-on alone, which nobody knows to work.

    Whoever switches it on has entered by it as themselves, in a test; for an API token any Owner has.
    """
    if ways_of(enforced_logins).password:
        return
    key = {"organization": requester.organization_id, "connection": connection_id}
    row = connection.execute(_SETTINGS, key).first()
    reason = lockout(
        state,
        is_mapped=connection_id is not None,
        is_active=row is not None and bool(row.is_active),
        proof=_proof(connection, requester, row.owner_entered_by if row is not None else None),
    )
    if reason is not None:
        raise Conflict(f"Single sign-on cannot be the only way yet: {reason}", field="enforcedLogins")


def apply_change(
    connection: Connection, requester: Requester, domain_name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """End the sessions that a password gave to the domain's people, where that is no way in any more.

    Not those of whoever switches it on: they find out whether it works while they can still take it back.
    """
    if ways_of(before["enforced_logins"]).password and not ways_of(after["enforced_logins"]).password:
        end_passwords_of_domain(
            connection, requester.organization_id, domain_name, but_account=_account(connection, requester)
        )


def _proof(connection: Connection, requester: Requester, entered_by: str | None) -> Proof:
    bound = {"organization": requester.organization_id, "account": entered_by, "owner": catalogue().owner}
    if entered_by is None or connection.execute(_OWNER, bound).first() is None:
        return Proof.NOBODY
    if requester.origin.actor_type is not ActorType.USER or entered_by == _account(connection, requester):
        return Proof.REQUESTER
    return Proof.ANOTHER_OWNER


def _account(connection: Connection, requester: Requester) -> str | None:
    if requester.origin.actor_type is not ActorType.USER:
        return None
    bound = {"organization": requester.organization_id, "user": requester.origin.actor_id}
    found: str | None = connection.execute(_PERSON, bound).scalar()
    return found

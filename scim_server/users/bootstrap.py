"""The first Owner of an Organization, made by the operator and not by an identity provider."""

from typing import Any

from sqlalchemy import Connection

from scim_server.audit.service import Event, Origin, record
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import InvalidValue
from scim_server.protocol.limits import MAX_INDEXED_STRING_LENGTH
from scim_server.protocol.schemas import USER
from scim_server.roles.catalogue import catalogue
from scim_server.users import store
from scim_server.users.policy import Membership, Source, Status

# A family name is among what identity providers probe for.
_OWNER = "Owner"


def name_of_address(email: str) -> dict[str, Any]:
    """Return what an Owner is called of whom nothing but the address is known."""
    local = email.rpartition("@")[0]
    given, _, family = local.replace(".", " ").replace("_", " ").title().partition(" ")
    return name_of(f"{given} {family or _OWNER}")


def name_of(full_name: str) -> dict[str, Any]:
    """Return the attributes that hold a name."""
    given, _, family = full_name.partition(" ")
    name = {"formatted": full_name, "familyName": family or _OWNER, "givenName": given}
    return {"name": name, "displayName": full_name}


def insert_owner(connection: Connection, organization_id: str, origin: Origin, email: str) -> str:
    """Write an ACTIVE Owner with a name and a work e-mail address, and return the User's id.

    Identity providers probe a new server for a User with these attributes (idp-wire O80). Raises InvalidValue.
    """
    local, _, domain = email.rpartition("@")
    if not local or not domain or not email.isprintable() or " " in email or len(email) > MAX_INDEXED_STRING_LENGTH:
        raise InvalidValue(f"{email!r} is no e-mail address.")
    attributes = {
        "userName": email,
        **name_of_address(email),
        "active": True,
        "emails": [{"value": email, "type": "work", "primary": True}],
    }
    membership = Membership(
        Status.ACTIVE, catalogue().owner, Source.BOOTSTRAP, is_idp_managed=False, active=attributes["active"] is True
    )
    user_id, moment = new_id(), now()
    row = {
        **store.user_row(organization_id, user_id, USER, attributes),
        **store.membership_row(membership),
        **store.grant_row(membership, origin, moment),
        "version": 1,
        "created_at": moment,
        "modified_at": moment,
    }
    if not store.insert_user(connection, row, store.email_rows(organization_id, user_id, attributes)):
        raise InvalidValue(f"There is a User {email!r} in this Organization already.")
    changes = {"userName": [None, email], "#role": [None, membership.role]}
    record(connection, organization_id, origin, [Event("operator:user:created", "User", user_id, changes)])
    return user_id

"""Write a User's row, its e-mail rows and the totals; called by the service inside its transaction."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import Text

from scim_server.audit.service import Origin
from scim_server.database import Prepared
from scim_server.directory.documents import dump_document, dump_search
from scim_server.directory.totals import add_to_total
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.schemas import USER
from scim_server.protocol.values import fold
from scim_server.users.mapping import USER_MAPPING
from scim_server.users.memberships import groups_json
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import Membership, Source, Status
from scim_server.users.writing import AUTOMATIC_MEMBERSHIP, STAMP

_INSERT = {
    "sqlite": sqlite.insert(User).on_conflict_do_nothing().returning(User.id),
    "postgresql": postgresql.insert(User).on_conflict_do_nothing().returning(User.id),
}
_INSERT_EMAILS = insert(UserEmail)
_OF_KEY = (User.organization_id == bindparam("organization_id"), User.id == bindparam("id"))
_DELETE = Prepared(delete(User).where(*_OF_KEY))
_USER_NAME_TAKEN = select(
    exists().where(
        User.organization_id == bindparam("organization"),
        User.user_name_folded == bindparam("user_name"),
        User.id != bindparam("but"),
    )
)


# The columns of `_looked_up` by the attributes that they hold.
_LOOKED_UP = {
    "userName": ("user_name_folded",),
    "externalId": ("external_id",),
    "displayName": ("display_name", "display_name_folded"),
}


class LockedUser(NamedTuple):
    """A User's row, locked for the rest of the transaction, and how people join as it stands there.

    One that is not locked has a `stamp`, which every change of the row replaces.
    """

    id: str
    version: int
    created_at: str
    modified_at: str
    document: str
    groups: str | None
    membership: Membership
    automatic_membership: str | None
    account_id: str | None
    stamp: str | None = None


def insert_user(connection: Connection, row: Mapping[str, Any], emails: list[dict[str, Any]]) -> bool:
    """Write a new User; return False, with nothing written, where its userName or externalId is taken."""
    # Not the row count, which drivers do not tell of an INSERT.
    if connection.execute(_INSERT[connection.dialect.name], row).first() is None:
        return False
    if emails:
        connection.execute(_INSERT_EMAILS, emails)
    add_to_total(connection, row["organization_id"], USER.name, 1)
    return True


def lock_user(
    connection: Connection,
    organization_id: str,
    user_id: str,
    base: str,
    *,
    connection_id: str,
    has_nested_teams: bool,
    optimistically: bool = False,
) -> LockedUser | None:
    """Read a User and keep others from changing it until the transaction ends; None where there is none.

    `optimistically`, on PostgreSQL alone, keeps nobody from it: the stamp tells whoever writes then if somebody did.
    """
    statement = _STAMPED[has_nested_teams] if optimistically else _LOCKED[connection.dialect.name, has_nested_teams]
    bound = {"organization_id": organization_id, "id": user_id, "base": base, "connection_id": connection_id}
    row = statement.first(connection, bound)
    if row is None:
        return None
    status, role, source, is_idp_managed, active, status_before, *rest = row[6:]
    membership = Membership(
        status=Status(status),
        role=role,
        source=Source(source),
        is_idp_managed=is_idp_managed,
        active=active,
        status_before=Status(status_before) if status_before else None,
    )
    values = (*row[:6], membership, *rest)
    return LockedUser(*values)


def _statement(dialect: str, *, nested: bool) -> Any:
    document = type_coerce(User.document, Text()).label("document")
    return select(
        User.id,
        User.version,
        User.created_at,
        User.modified_at,
        document,
        groups_json(dialect, nested=nested).label("groups"),
        User.status,
        User.role,
        User.source,
        User.is_idp_managed,
        User.active,
        User.status_before,
        AUTOMATIC_MEMBERSHIP,
        User.account_id,
    ).where(*_OF_KEY)


_LOCKED = {
    (dialect, nested): Prepared(_statement(dialect, nested=nested).with_for_update(of=User))
    for dialect in ("sqlite", "postgresql")
    for nested in (False, True)
}
_STAMPED = {nested: Prepared(_statement("postgresql", nested=nested).add_columns(STAMP)) for nested in (False, True)}


def delete_user(connection: Connection, organization_id: str, user_id: str) -> None:
    """Delete a User's rows."""
    _DELETE.run(connection, {"organization_id": organization_id, "id": user_id})
    add_to_total(connection, organization_id, USER.name, -1)


def user_name_is_taken(connection: Connection, organization_id: str, user_name: str, *, but: str | None = None) -> bool:
    """Tell whether a User of the Organization, `but` this one, has the userName, without regard to letter case."""
    bound = {"organization": organization_id, "user_name": fold(user_name), "but": but or ""}
    return bool(connection.execute(_USER_NAME_TAKEN, bound).scalar())


def user_row(
    organization_id: str, user_id: str, resource_type: ResourceType, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the columns that hold the SCIM attributes."""
    return {
        "organization_id": organization_id,
        "id": user_id,
        **_looked_up(attributes),
        "document": dump_document(resource_type, user_id, attributes),
        "search": dump_search(resource_type, USER_MAPPING, attributes),
    }


def changed_columns(
    user: LockedUser,
    resource_type: ResourceType,
    after: Mapping[str, Any],
    differing: Collection[str],
    membership: Membership,
) -> dict[str, Any]:
    """Return the columns that a change touches, `differing` being the names of the attributes that do.

    SQLite writes the index of each column that is named, whatever it holds.
    """
    changed: dict[str, Any] = {}
    if membership != user.membership:
        old, new = membership_row(user.membership), membership_row(membership)
        changed = {name: value for name, value in new.items() if value != old[name]}
    if differing:
        row = _looked_up(after)
        changed |= {column: row[column] for name in differing for column in _LOOKED_UP.get(name, ())}
        changed["document"] = dump_document(resource_type, user.id, after)
    if not all(map(USER_MAPPING.is_indexed_apart, differing)):
        changed["search"] = dump_search(resource_type, USER_MAPPING, after)
    return changed


def _looked_up(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that Users are found and shown by."""
    display_name = attributes.get("displayName")
    return {
        "user_name_folded": fold(attributes["userName"]),
        "external_id": attributes.get("externalId"),
        "display_name": display_name,
        "display_name_folded": fold(display_name) if display_name is not None else None,
    }


def grant_row(membership: Membership, origin: Origin, moment: str) -> dict[str, Any]:
    """Return the columns that say when and by whom the role was given."""
    given = membership.role is not None
    return {
        "role_granted_at": moment if given else None,
        "role_granted_by_type": origin.actor_type.value if given else None,
        "role_granted_by_id": origin.actor_id if given else None,
    }


def membership_row(membership: Membership) -> dict[str, Any]:
    """Return the columns that hold the standing."""
    return {
        "active": membership.active,
        "status": membership.status.value,
        "status_before": membership.status_before.value if membership.status_before else None,
        "role": membership.role,
        "source": membership.source.value,
        "is_idp_managed": membership.is_idp_managed,
    }


def email_rows(organization_id: str, user_id: str, attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the e-mail addresses."""

    def folded(element: Mapping[str, Any], name: str) -> str | None:
        return fold(element[name]) if name in element else None

    return [
        {
            "organization_id": organization_id,
            "user_id": user_id,
            "position": position,
            "value_folded": folded(element, "value"),
            "type_folded": folded(element, "type"),
            "display_folded": folded(element, "display"),
            "is_primary": element.get("primary"),
        }
        for position, element in enumerate(attributes.get("emails", ()))
    ]

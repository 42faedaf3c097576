"""Change what a token may do."""

from typing import Any

from sqlalchemy import bindparam, select, update

from scim_server.audit.service import Event, record
from scim_server.database import transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import LowerRoles, SubjectKind, roles_of
from scim_server.roles.granting import replace_lower_roles, require_may_change_some_roles, told
from scim_server.roles.requests import RoleLists
from scim_server.tokens.models import Token

_OF_TOKEN = (
    Token.organization_id == bindparam("key_organization"),
    Token.id == bindparam("key_id"),
    Token.revoked_at.is_(None),
)
_LOCK = select(Token.role).where(*_OF_TOKEN).with_for_update()
_GIVE = (
    update(Token)
    .where(*_OF_TOKEN)
    .values(
        role=bindparam("new_role"),
        role_granted_at=bindparam("role_granted_at"),
        role_granted_by_type=bindparam("role_granted_by_type"),
        role_granted_by_id=bindparam("role_granted_by_id"),
        modified_at=bindparam("now"),
    )
)


def replace_roles(requester: Requester, token_id: str, lists: RoleLists) -> tuple[str | None, LowerRoles]:
    """Make what a request supplies all the roles of a token, and return them; what it does not name goes.

    Here an `organization_role` of None takes the Organization role away. Raises NotFound, InvalidValue, Forbidden.
    """
    require_may_change_some_roles(requester, SubjectKind.TOKEN)
    organization_id, role = requester.organization_id, lists.organization_role
    key = {"key_organization": organization_id, "key_id": token_id}
    with transaction() as connection:
        found = connection.execute(_LOCK, key).first()
        if found is None:
            raise NotFound(f"There is no token '{token_id}'.")
        changes: dict[str, list[Any]] = {}
        if role != found.role:
            requester.require("organization.tokens.update")
            for each in (role, found.role):
                if each is not None:
                    requester.require_grantable(each, "roles")
            moment, origin = now(), requester.origin
            given = {
                "role_granted_at": moment if role else None,
                "role_granted_by_type": origin.actor_type.value if role else None,
                "role_granted_by_id": origin.actor_id if role else None,
            }
            connection.execute(_GIVE, {**key, "new_role": role, "now": moment, **given})
            changes["role"] = [found.role, role]
        changes |= told(replace_lower_roles(connection, requester, SubjectKind.TOKEN, token_id, lists))
        if changes:
            event = Event("owner:token:roles-changed", "Token", token_id, changes)
            record(connection, organization_id, requester.origin, [event])
        lower = roles_of(connection, organization_id, SubjectKind.TOKEN, [token_id])[token_id]
    return role, lower

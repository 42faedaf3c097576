"""Replace what a User, Team or Token holds below the Organization: judged, written, and told change by change.

The services of the subjects call this in their transaction, with the subject's row locked.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, type_coerce, update

from scim_server.audit.service import Origin
from scim_server.database.types import JsonDocument
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import Forbidden
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import SUBJECT_COLUMNS, SubjectKind
from scim_server.roles.models import CustomRole, RoleBinding
from scim_server.roles.places import Place, PlaceScope
from scim_server.roles.policy import BindingChange, Granted, beside, binding_changes, permissions_of, planned
from scim_server.roles.requests import RoleLists, find_custom_roles, resolve


class _Needed(NamedTuple):
    """The permissions of which one lets change a kind of subject's roles: everywhere, on a place, or only take them."""

    everywhere: str
    on_place: str
    to_take: str


_NEEDED = {
    SubjectKind.USER: _Needed("organization.users.update", "workspace.users.update", "deployment.users.delete"),
    SubjectKind.TEAM: _Needed("organization.teams.update", "workspace.teams.update", "deployment.teams.delete"),
    SubjectKind.TOKEN: _Needed(
        "organization.tokens.update", "workspace.apiTokens.update", "deployment.apiTokens.delete"
    ),
}


def _current(kind: SubjectKind) -> Any:
    return (
        select(
            RoleBinding.id,
            RoleBinding.workspace_id,
            RoleBinding.deployment_id,
            RoleBinding.dag_id,
            RoleBinding.dag_tag,
            RoleBinding.role,
            RoleBinding.is_automatic,
            type_coerce(CustomRole.permissions, JsonDocument()).label("custom"),
        )
        .outerjoin(
            CustomRole,
            (CustomRole.organization_id == RoleBinding.organization_id) & (CustomRole.name == RoleBinding.role),
        )
        .where(RoleBinding.organization_id == bindparam("organization"), SUBJECT_COLUMNS[kind] == bindparam("subject"))
    )


_CURRENT = {kind: _current(kind) for kind in SubjectKind}
_OF_ID = (
    RoleBinding.organization_id == bindparam("key_organization"),
    RoleBinding.id == bindparam("key_id"),
)
_INSERT = insert(RoleBinding)
_DELETE = delete(RoleBinding).where(*_OF_ID)
_UPDATE = (
    update(RoleBinding)
    .where(*_OF_ID)
    .values(
        role=bindparam("role"),
        is_automatic=bindparam("is_automatic"),
        granted_at=bindparam("granted_at"),
        granted_by_type=bindparam("granted_by_type"),
        granted_by_id=bindparam("granted_by_id"),
    )
)


def require_may_change_some_roles(requester: Requester, kind: SubjectKind) -> None:
    """Raise Forbidden where the caller may change roles of this kind of subject nowhere at all."""
    needed, authority = _NEEDED[kind], requester.authority
    if not authority.permits(needed.everywhere) and not (
        authority.permits_somewhere(needed.on_place) or authority.permits_somewhere(needed.to_take)
    ):
        raise Forbidden(
            f"This needs the permission {needed.everywhere!r}, or {needed.on_place!r} on a Workspace; "
            "the caller has neither."
        )


def replace_lower_roles(
    connection: Connection, requester: Requester, kind: SubjectKind, subject_id: str, lists: RoleLists
) -> list[BindingChange]:
    """Make the lists that a request supplies a subject's roles, and return what changed thereby.

    The subject's row is locked by the caller. Raises InvalidValue for what does not exist, Forbidden for a change that
    the caller may not make: on a place where they may not change roles, or of a role that stands above their own.
    """
    if not lists.lower and not lists.taken:
        return []
    bound = {"organization": requester.organization_id, "subject": subject_id}
    ids: dict[Place, str] = {}
    permitted: dict[Place, frozenset[str]] = {}
    current: list[Granted] = []
    for row in connection.execute(_CURRENT[kind], bound):
        place = Place(row.workspace_id, row.deployment_id, row.dag_id, row.dag_tag)
        ids[place] = row.id
        permitted[place] = permissions_of(place.scope, row.role, row.custom)
        current.append(Granted(place, row.role, row.is_automatic))
    supplied = resolve(connection, requester.organization_id, lists)
    if lists.keeps_others:
        supplied = beside(current, supplied, [place for place in ids if any(each.names(place) for each in lists.taken)])
    changes = binding_changes(current, planned(current, supplied))
    _judge(connection, requester, kind, changes, permitted)
    _write(connection, requester, kind, subject_id, changes, ids)
    return changes


def bind(
    connection: Connection, organization_id: str, origin: Origin, kind: SubjectKind, subject_id: str, *grants: Granted
) -> None:
    """Write roles of a new subject, which has none yet, with the accessors that they bring along; asks nobody."""
    rows = planned((), _by_scope(grants)).values()
    _insert_rows(connection, organization_id, origin, kind, subject_id, list(rows))


def told(changes: list[BindingChange]) -> dict[str, list[Any]]:
    """Return the changes as an audit event tells them: each place with the role before and after."""
    return {
        change.place.text: [
            change.before.role if change.before else None,
            change.after.role if change.after else None,
        ]
        for change in changes
    }


def _by_scope(grants: tuple[Granted, ...]) -> dict[PlaceScope, list[Granted]]:
    found: dict[PlaceScope, list[Granted]] = {}
    for granted in grants:
        found.setdefault(granted.place.scope, []).append(granted)
    return found


def _judge(
    connection: Connection,
    requester: Requester,
    kind: SubjectKind,
    changes: list[BindingChange],
    permitted: dict[Place, frozenset[str]],
) -> None:
    """Raise Forbidden where the caller may not make one of the changes."""
    if requester.authority.is_owner:
        return
    asked = [change for change in changes if not change.is_derived]
    names = {change.after.role for change in asked if change.after is not None}
    custom = find_custom_roles(connection, requester.organization_id, names)
    needed = _NEEDED[kind]
    for change in asked:
        may_take = change.after is None and requester.authority.permits_at(needed.to_take, change.place)
        if not may_take:
            requester.require_at(needed.on_place, change.place, everywhere=needed.everywhere)
        if change.before is not None:
            requester.require_grantable_at(change.before.role, permitted[change.place], change.place)
        if change.after is not None:
            role = change.after.role
            known = custom.get(role)
            permissions = permissions_of(change.place.scope, role, known.permissions if known else None)
            requester.require_grantable_at(role, permissions, change.place)


def _write(
    connection: Connection,
    requester: Requester,
    kind: SubjectKind,
    subject_id: str,
    changes: list[BindingChange],
    ids: dict[Place, str],
) -> None:
    organization_id, origin = requester.organization_id, requester.origin
    gone = [
        {"key_organization": organization_id, "key_id": ids[change.place]} for change in changes if change.after is None
    ]
    changed = [
        {
            "key_organization": organization_id,
            "key_id": ids[change.place],
            "role": change.after.role,
            "is_automatic": change.after.is_automatic,
            **_grant(origin, now()),
        }
        for change in changes
        if change.before is not None and change.after is not None
    ]
    new = [change.after for change in changes if change.before is None and change.after is not None]
    if gone:
        connection.execute(_DELETE, gone)
    if changed:
        connection.execute(_UPDATE, changed)
    _insert_rows(connection, organization_id, origin, kind, subject_id, new)


def _insert_rows(
    connection: Connection,
    organization_id: str,
    origin: Origin,
    kind: SubjectKind,
    subject_id: str,
    grants: list[Granted],
) -> None:
    subjects: dict[str, str | None] = {f"{each.value}_id": None for each in SubjectKind}
    subjects[f"{kind.value}_id"] = subject_id
    moment = now()
    rows = [
        {
            "organization_id": organization_id,
            "id": new_id(),
            **subjects,
            "scope": granted.place.scope.value,
            "workspace_id": granted.place.workspace_id,
            "deployment_id": granted.place.deployment_id,
            "dag_id": granted.place.dag_id,
            "dag_tag": granted.place.dag_tag,
            "place": granted.place.text,
            "role": granted.role,
            "is_automatic": granted.is_automatic,
            **_grant(origin, moment),
        }
        for granted in grants
    ]
    if rows:
        connection.execute(_INSERT, rows)


def _grant(origin: Origin, moment: str) -> dict[str, str | None]:
    return {"granted_at": moment, "granted_by_type": origin.actor_type.value, "granted_by_id": origin.actor_id}

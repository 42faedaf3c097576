"""Roles below the Organization as they are stored: read them for a page of subjects, and write what changes."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from scim_server.directory.json_sql import id_array, id_list
from scim_server.roles.models import RoleBinding
from scim_server.roles.places import PlaceScope


class SubjectKind(StrEnum):
    """Whose roles: the column of `role_bindings` is named after it."""

    USER = "user"
    TEAM = "team"
    TOKEN = "token"  # noqa: S105 - a kind of subject, no secret


class WorkspaceRole(NamedTuple):
    """A role on a Workspace."""

    workspace_id: str
    role: str


class DeploymentRole(NamedTuple):
    """A role on a Deployment."""

    deployment_id: str
    role: str


class DagRole(NamedTuple):
    """A role on the Dag of this id, or on the Dags of this tag, in a Deployment."""

    deployment_id: str
    dag_id: str | None
    dag_tag: str | None
    role: str


class LowerRoles(NamedTuple):
    """All that one subject holds below the Organization, automatic roles included, sorted by place."""

    workspace_roles: tuple[WorkspaceRole, ...] = ()
    deployment_roles: tuple[DeploymentRole, ...] = ()
    dag_roles: tuple[DagRole, ...] = ()


SUBJECT_COLUMNS = {
    SubjectKind.USER: RoleBinding.user_id,
    SubjectKind.TEAM: RoleBinding.team_id,
    SubjectKind.TOKEN: RoleBinding.token_id,
}


def _of_subjects(dialect: str, kind: SubjectKind) -> Any:
    subject = SUBJECT_COLUMNS[kind]
    return (
        select(
            subject.label("subject_id"),
            RoleBinding.scope,
            RoleBinding.workspace_id,
            RoleBinding.deployment_id,
            RoleBinding.dag_id,
            RoleBinding.dag_tag,
            RoleBinding.role,
        )
        .where(
            RoleBinding.organization_id == bindparam("organization"),
            subject.in_(select(id_list(dialect, bindparam("ids")))),
        )
        .order_by(RoleBinding.place)
    )


_OF_SUBJECTS = {
    (dialect, kind): _of_subjects(dialect, kind) for dialect in ("sqlite", "postgresql") for kind in SubjectKind
}


def roles_of(
    connection: Connection, organization_id: str, kind: SubjectKind, ids: Iterable[str]
) -> dict[str, LowerRoles]:
    """Return what each of these Users, Teams or Tokens holds below the Organization, in one statement.

    Every id has an entry. Of Users these are the direct roles alone; see effective.py for those of their Teams.
    """
    wanted = list(dict.fromkeys(ids))
    rows: dict[str, list[Any]] = {subject_id: [] for subject_id in wanted}
    if wanted:
        bound = {"organization": organization_id, "ids": id_array(wanted)}
        for row in connection.execute(_OF_SUBJECTS[connection.dialect.name, kind], bound):
            rows[row.subject_id].append(row)
    return {subject_id: _lower_roles(found) for subject_id, found in rows.items()}


def _lower_roles(rows: list[Any]) -> LowerRoles:
    return LowerRoles(
        tuple(WorkspaceRole(row.workspace_id, row.role) for row in rows if row.scope == PlaceScope.WORKSPACE),
        tuple(DeploymentRole(row.deployment_id, row.role) for row in rows if row.scope == PlaceScope.DEPLOYMENT),
        tuple(
            DagRole(row.deployment_id, row.dag_id, row.dag_tag, row.role) for row in rows if row.scope == PlaceScope.DAG
        ),
    )

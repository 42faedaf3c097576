"""What several management endpoints show: a subject in short, and the form of errors."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from scim_server.audit.service import ActorType

MAX_SEARCH_LENGTH = 200
MAX_TAGS = 100


class LineField(fields.String):
    """One line of text: printable, without white space around it, of 1 to `longest` characters."""

    def __init__(self, longest: int, **arguments: Any) -> None:
        super().__init__(validate=[validate.Length(1, longest), _check_line], **arguments)


class TagsField(fields.List[str]):
    """Tags of Dags, each a parameter of its own; the list holds who has a role on any of them."""

    def __init__(self, attribute: str) -> None:
        told = {"many": True, "description": "A tag of Dags; may stand several times, and any of them will do."}
        super().__init__(fields.String(), attribute=attribute, validate=validate.Length(1, MAX_TAGS), metadata=told)


class SearchField(fields.String):
    """The parameter `search`: part of a text, without regard to letter case."""

    def __init__(self, where: str) -> None:
        described = {"description": f"Part of {where}, without regard to letter case."}
        super().__init__(validate=validate.Length(1, MAX_SEARCH_LENGTH), metadata=described)


def _check_line(text: str) -> None:
    if text != text.strip() or not text.isprintable():
        raise ValidationError("Use printable characters, and no white space around them.")


class FieldErrorSchema(Schema):
    """One wrong field."""

    code = fields.String(required=True)
    field = fields.String(required=True)
    message = fields.String(required=True)


class ErrorSchema(Schema):
    """An error answer."""

    message = fields.String(required=True)
    requestId = fields.String(required=True)  # noqa: N815 - the name on the wire
    statusCode = fields.Integer(required=True)  # noqa: N815
    fieldErrors = fields.List(fields.Nested(FieldErrorSchema))  # noqa: N815


class SubjectSchema(Schema):
    """Who did something: a User, or a token (SERVICEKEY)."""

    id = fields.String(allow_none=True)
    subjectType = fields.String(validate=validate.OneOf(["USER", "SERVICEKEY", "SYSTEM"]))  # noqa: N815
    username = fields.String()
    fullName = fields.String()  # noqa: N815
    apiTokenName = fields.String()  # noqa: N815


_SUBJECT_TYPES = {ActorType.USER: "USER", ActorType.TOKEN: "SERVICEKEY"}


def subject(kind: str | None, id_: str | None, name: str | None = None) -> dict[str, str | None] | None:
    """Return an audit event's actor in the form of SubjectSchema, None where nobody is known."""
    if kind is None:
        return None
    shown: dict[str, str | None] = {"id": id_, "subjectType": _SUBJECT_TYPES.get(ActorType(kind), "SYSTEM")}
    if name is not None:
        shown["apiTokenName" if kind == ActorType.TOKEN else "fullName"] = name
    return shown


class WorkspaceRoleSchema(Schema):
    """A role on a Workspace."""

    workspaceId = fields.String(required=True, attribute="workspace_id")  # noqa: N815
    role = fields.String(required=True)


class DeploymentRoleSchema(Schema):
    """A role on a Deployment."""

    deploymentId = fields.String(required=True, attribute="deployment_id")  # noqa: N815
    role = fields.String(required=True)


class DagRoleSchema(Schema):
    """A role on the Dag of this id, or on the Dags of this tag, in a Deployment."""

    deploymentId = fields.String(required=True, attribute="deployment_id")  # noqa: N815
    dagId = fields.String(attribute="dag_id", allow_none=True)  # noqa: N815
    dagTag = fields.String(attribute="dag_tag", allow_none=True)  # noqa: N815
    role = fields.String(required=True)


class LowerRolesSchema(Schema):
    """What a subject holds below the Organization: mix it into the schema of a User, Team or Token."""

    workspaceRoles = fields.List(fields.Nested(WorkspaceRoleSchema), attribute="workspace_roles")  # noqa: N815
    deploymentRoles = fields.List(fields.Nested(DeploymentRoleSchema), attribute="deployment_roles")  # noqa: N815
    dagRoles = fields.List(fields.Nested(DagRoleSchema), attribute="dag_roles")  # noqa: N815

"""API tokens: list, create, read, change, rotate, delete. A token's text is in the answer that made it and nowhere."""

from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from scim_server.tokens import administration
from scim_server.tokens.administration import ApiToken, TokenQuery
from scim_server.tokens.policy import MAX_EXPIRY_DAYS, MAX_OVERLAP_MINUTES, SCOPES, Kind, TokenRequest
from scim_server.tokens.service import MAX_NAME_LENGTH
from scim_server.users.subjects import Actor
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page, sort_keys, sorts_field
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import LineField, SubjectSchema, TagsField
from scim_server.web.management.subject_roles import TokenRoleSchema
from scim_server.web.management.subjects import named

tokens = organization_blueprint("Tokens", "API tokens of the Organization, and tokens that provision alone.")
MAX_DESCRIPTION_LENGTH = 500
# What is shown as it stands; roles and who made the token take a form of their own.
_SHOWN = (
    *("id", "name", "description", "kind", "scope", "serves_scim", "connection_id", "short_token", "start_at"),
    *("expires_at", "expiry_period_days", "last_used_at", "rotated_at", "created_at", "modified_at"),
)


class TokenSchema(Schema):
    """A token. Its kind SCIM provisions alone; STANDARD serves this API, and SCIM too where `servesScim` says so."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    servesScim = fields.Boolean(attribute="serves_scim", required=True)  # noqa: N815
    connectionId = fields.String(attribute="connection_id", required=True)  # noqa: N815
    roles = fields.List(fields.Nested(TokenRoleSchema), required=True)
    shortToken = fields.String(attribute="short_token", required=True)  # noqa: N815
    startAt = fields.String(attribute="start_at", required=True)  # noqa: N815
    endAt = fields.String(attribute="expires_at", required=True, allow_none=True)  # noqa: N815
    expiryPeriodInDays = fields.Integer(  # noqa: N815
        attribute="expiry_period_days", required=True, allow_none=True
    )
    lastUsedAt = fields.String(attribute="last_used_at", required=True, allow_none=True)  # noqa: N815
    lastRotatedAt = fields.String(attribute="rotated_at", required=True, allow_none=True)  # noqa: N815
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    createdBy = fields.Nested(SubjectSchema, attribute="created_by", required=True, allow_none=True)  # noqa: N815
    updatedAt = fields.String(attribute="modified_at", required=True)  # noqa: N815


class MadeTokenSchema(TokenSchema):
    """A token with its text, which is shown this once."""

    token = fields.String(required=True)


class TokensSchema(EnvelopeSchema):
    """A page of tokens."""

    tokens = fields.List(fields.Nested(TokenSchema), required=True)


class TokensQuerySchema(PageSchema):
    """Which tokens."""

    kind = fields.Enum(Kind, by_value=True)
    includeOnlyOrganizationTokens = fields.Boolean(attribute="only_organization")  # noqa: N815
    workspaceId = fields.String(attribute="workspace_id")  # noqa: N815
    deploymentId = fields.String(attribute="deployment_id")  # noqa: N815
    dagId = fields.String(attribute="dag_id")  # noqa: N815
    dagTags = TagsField("dag_tags")  # noqa: N815
    sorts = sorts_field(*administration.SORTS)


class NewTokenSchema(Schema):
    """A token to make. A STANDARD one needs a role on its scope; one of the kind SCIM has none."""

    name = LineField(MAX_NAME_LENGTH, required=True)
    description = fields.String(validate=validate.Length(max=MAX_DESCRIPTION_LENGTH), allow_none=True)
    kind = fields.Enum(Kind, by_value=True, load_default=Kind.STANDARD)
    scope = fields.String(validate=validate.OneOf(SCOPES), load_default="ORGANIZATION")
    role = fields.String(allow_none=True)
    entityId = fields.String(  # noqa: N815
        attribute="entity_id", allow_none=True, metadata={"description": "The Workspace or Deployment of the scope."}
    )
    connectionId = fields.String(  # noqa: N815
        attribute="connection_id",
        allow_none=True,
        metadata={"description": "The Connection that it provisions for; the Organization's first one by default."},
    )
    tokenExpiryPeriodInDays = fields.Integer(  # noqa: N815
        attribute="expires_in_days",
        strict=True,
        allow_none=True,
        validate=validate.Range(1, MAX_EXPIRY_DAYS),
        metadata={"description": "Without it the token never expires."},
    )


class TokenChangeSchema(Schema):
    """What can be changed of a token: neither its expiry nor what it is for."""

    name = LineField(MAX_NAME_LENGTH, required=True)
    description = fields.String(
        validate=validate.Length(max=MAX_DESCRIPTION_LENGTH), allow_none=True, load_default=None
    )


class RotationSchema(Schema):
    """How a token is rotated."""

    overlapMinutes = fields.Integer(  # noqa: N815
        attribute="overlap_minutes",
        strict=True,
        load_default=0,
        validate=validate.Range(0, MAX_OVERLAP_MINUTES),
        metadata={"description": "Minutes that the old secret stays good beside the new one."},
    )


@tokens.endpoint("/tokens", "GET", permission="organization.tokens.get")
@tokens.reads(TokensQuerySchema, "query")
@tokens.answers(200, TokensSchema)
def list_tokens(query: dict[str, Any]) -> dict[str, Any]:
    """List the tokens; deleted ones are gone."""
    order = [(key.field, key.descending) for key in sort_keys(query.pop("sorts"))]
    found, total = administration.list_tokens(current_requester(), TokenQuery(**query, order=order))
    return page("tokens", _shown(found), total, query)


@tokens.endpoint("/tokens", "POST", permission="organization.tokens.create")
@tokens.reads(NewTokenSchema)
@tokens.answers(200, MadeTokenSchema)
def create_token(body: dict[str, Any]) -> dict[str, Any]:
    """Create a token; its text is in this answer and in no other."""
    made, text = administration.create_token(current_requester(), TokenRequest(**body))
    return {**_shown([made])[0], "token": text}


@tokens.endpoint("/tokens/<token_id>", "GET", permission="organization.tokens.get")
@tokens.answers(200, TokenSchema)
def read_token(token_id: str) -> dict[str, Any]:
    """Read a token."""
    return _shown([administration.find_token(current_requester(), token_id)])[0]


@tokens.endpoint("/tokens/<token_id>", "POST", permission="organization.tokens.update")
@tokens.reads(TokenChangeSchema)
@tokens.answers(200, TokenSchema)
def change_token(body: dict[str, Any], token_id: str) -> dict[str, Any]:
    """Name and describe a token."""
    return _shown([administration.change_token(current_requester(), token_id, **body)])[0]


@tokens.endpoint("/tokens/<token_id>/rotate", "POST", permission="organization.tokens.update")
@tokens.reads(RotationSchema)
@tokens.answers(200, MadeTokenSchema)
def rotate_token(body: dict[str, Any], token_id: str) -> dict[str, Any]:
    """Give a token a new secret, which is in this answer and in no other; its expiry period begins again."""
    made, text = administration.rotate_token(current_requester(), token_id, **body)
    return {**_shown([made])[0], "token": text}


@tokens.endpoint("/tokens/<token_id>", "DELETE", permission="organization.tokens.delete")
@tokens.answers(204)
def delete_token(token_id: str) -> None:
    """Delete a token: whoever uses it is refused from the next request on."""
    administration.delete_token(current_requester(), token_id)


def _shown(found: Sequence[ApiToken]) -> list[dict[str, Any]]:
    organization_id = current_requester().organization_id
    actors = [Actor(token.created_by_type, token.created_by_id) for token in found]
    subjects = named(actors)
    return [
        {
            **{field: getattr(token, field) for field in _SHOWN},
            "roles": list(_roles(organization_id, token)),
            "created_by": subjects[actor],
        }
        for token, actor in zip(found, actors, strict=True)
    ]


def _roles(organization_id: str, token: ApiToken) -> Iterator[dict[str, str]]:
    if token.role is not None:
        yield {"entityType": "ORGANIZATION", "entityId": organization_id, "role": token.role}
    for workspace in token.roles.workspace_roles:
        yield {"entityType": "WORKSPACE", "entityId": workspace.workspace_id, "role": workspace.role}
    for deployment in token.roles.deployment_roles:
        yield {"entityType": "DEPLOYMENT", "entityId": deployment.deployment_id, "role": deployment.role}
    for dag in token.roles.dag_roles:
        yield {
            "entityType": "DAG" if dag.dag_tag is None else "DAG_TAG",
            "entityId": dag.dag_tag or dag.dag_id or "",
            "deploymentId": dag.deployment_id,
            "role": dag.role,
        }

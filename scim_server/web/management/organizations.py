"""Organizations as their members see them: list (the token's own), read, change."""

from typing import Any

from marshmallow import Schema, fields

from scim_server.organizations import service
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page
from scim_server.web.management.routing import ManagementBlueprint

organizations = ManagementBlueprint(
    "Organizations", __name__, url_prefix="/v1/organizations", description="The Organization of the token."
)


class OrganizationSchema(Schema):
    """An Organization."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815


class OrganizationsSchema(EnvelopeSchema):
    """A page of Organizations."""

    organizations = fields.List(fields.Nested(OrganizationSchema), required=True)


@organizations.endpoint("", "GET", permission="organization.get")
@organizations.reads(PageSchema, "query")
@organizations.answers(200, OrganizationsSchema)
def list_organizations(query: dict[str, Any]) -> dict[str, Any]:
    """List the Organizations that the token can see: its own."""
    found = [service.find_organization(current_requester().organization_id)]
    return page("organizations", found[query["offset"] :][: query["limit"]], len(found), query)


@organizations.endpoint("/<organization_id>", "GET", permission="organization.get")
@organizations.answers(200, OrganizationSchema)
def read_organization() -> service.OrganizationRecord:
    """Read the Organization."""
    return service.find_organization(current_requester().organization_id)

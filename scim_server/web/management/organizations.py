"""Organizations as their members see them: list (the token's own, or those of a person), read, change."""

from typing import Any

from email_validator import EmailNotValidError, validate_email
from marshmallow import Schema, ValidationError, fields, validate

from scim_server.accounts.members import organizations_of
from scim_server.connections.organization import change_organization
from scim_server.organizations.details import OrganizationDetails, read_details
from scim_server.organizations.service import MAX_NAME_LENGTH
from scim_server.web.management.authentication import current_person, current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page
from scim_server.web.management.routing import ManagementBlueprint
from scim_server.web.management.schemas import LineField

organizations = ManagementBlueprint(
    "Organizations",
    __name__,
    url_prefix="/v1/organizations",
    description="The Organization of the token, or those of a person.",
)

MAX_RETENTION_DAYS = 3_650


class ManagedDomainSchema(Schema):
    """An e-mail domain that the Organization claims."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.String(validate=validate.OneOf(["PENDING", "VERIFIED", "SUSPENDED"]), required=True)
    enforcedLogins = fields.List(fields.String(), attribute="enforced_logins", required=True)  # noqa: N815
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    updatedAt = fields.String(attribute="updated_at", required=True)  # noqa: N815


class OrganizationSchema(Schema):
    """An Organization; `isScimEnabled` says whether an identity provider provisions it."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.Constant("ACTIVE", required=True)
    isScimEnabled = fields.Boolean(attribute="is_scim_enabled", required=True)  # noqa: N815
    managedDomains = fields.List(  # noqa: N815
        fields.Nested(ManagedDomainSchema), attribute="managed_domains", required=True
    )
    billingEmail = fields.String(attribute="billing_email", allow_none=True, required=True)  # noqa: N815
    auditRetentionDays = fields.Integer(  # noqa: N815
        attribute="audit_retention_days", allow_none=True, required=True
    )
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    updatedAt = fields.String(attribute="updated_at", required=True)  # noqa: N815


class OrganizationsSchema(EnvelopeSchema):
    """A page of Organizations."""

    organizations = fields.List(fields.Nested(OrganizationSchema), required=True)


class AddressField(fields.String):
    """An e-mail address, loaded in its normal form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **arguments: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **arguments))
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise ValidationError(str(error)) from None


class ChangeOrganizationSchema(Schema):
    """The Organization as it shall be; of `auditRetentionDays`, null is for ever, and what is not sent stays."""

    name = LineField(MAX_NAME_LENGTH, required=True)
    billingEmail = AddressField(attribute="billing_email", required=True)  # noqa: N815
    isScimEnabled = fields.Boolean(  # noqa: N815
        attribute="is_scim_enabled", required=True, truthy={True}, falsy={False}
    )
    auditRetentionDays = fields.Integer(  # noqa: N815
        attribute="audit_retention_days", strict=True, allow_none=True, validate=validate.Range(1, MAX_RETENTION_DAYS)
    )


@organizations.endpoint("", "GET", permission="organization.get")
@organizations.reads(PageSchema, "query")
@organizations.answers(200, OrganizationsSchema)
def list_organizations(query: dict[str, Any]) -> dict[str, Any]:
    """List the Organizations that the caller can see: the token's own, or all in which a person is a member."""
    person, found = current_person(), [current_requester().organization_id]
    if person is not None:
        found = [each.organization_id for each in organizations_of(person.account_id, person.organization_id)]
    shown = [read_details(each) for each in found[query["offset"] :][: query["limit"]]]
    return page("organizations", shown, len(found), query)


@organizations.endpoint("/<organization_id>", "GET", permission="organization.get")
@organizations.answers(200, OrganizationSchema)
def read_organization() -> OrganizationDetails:
    """Read the Organization."""
    return read_details(current_requester().organization_id)


@organizations.endpoint("/<organization_id>", "POST", permission="organization.update")
@organizations.reads(ChangeOrganizationSchema)
@organizations.answers(200, OrganizationSchema)
def update_organization(body: dict[str, Any]) -> OrganizationDetails:
    """Change the Organization's name, billing address, provisioning and how long audit events are kept."""
    return change_organization(current_requester(), **body)

"""E-mail domains: list, claim, read, change, verify, delete."""

from typing import Any

from flask import current_app
from marshmallow import Schema, fields, validate

from scim_server.accounts.policy import Login
from scim_server.domains import service
from scim_server.domains.policy import MAX_NAME_LENGTH, State
from scim_server.domains.service import DomainRecord
from scim_server.domains.verification import Resolvers
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page
from scim_server.web.management.routing import organization_blueprint

domains = organization_blueprint(
    "Domains", "E-mail domains that the Organization proves by a TXT record. Only a VERIFIED one decides anything."
)
LOGINS = tuple(login.value for login in Login)
_CONNECTION = {"description": "The Connection by which the domain's people sign in; null: by none."}


def _enforced_logins(**arguments: Any) -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.OneOf(LOGINS)), validate=validate.Length(max=len(LOGINS)), **arguments
    )


class NewDomainSchema(Schema):
    """A domain to claim."""

    name = fields.String(required=True, validate=validate.Length(1, MAX_NAME_LENGTH))
    enforcedLogins = _enforced_logins(attribute="enforced_logins", load_default=list)  # noqa: N815
    connectionId = fields.String(  # noqa: N815
        attribute="connection_id",
        load_default=None,
        metadata={"description": "The Connection by which the domain's people sign in; by default the only one."},
    )


class DomainChangeSchema(Schema):
    """What can be changed of a domain; what is not named stays."""

    enforcedLogins = _enforced_logins(  # noqa: N815
        attribute="enforced_logins",
        metadata={"description": "Without PASSWORD, single sign-on is the only way: a test by an Owner comes first."},
    )
    connectionId = fields.String(attribute="connection_id", allow_none=True, metadata=_CONNECTION)  # noqa: N815


class DnsRecordSchema(Schema):
    """The record that proves a domain."""

    type = fields.String(required=True)
    name = fields.String(required=True)
    value = fields.String(required=True)


class DomainSchema(Schema):
    """A domain. `name` is its ASCII form; `unicodeName` is how people read it, which other letters can imitate."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    unicodeName = fields.String(attribute="unicode_name", required=True)  # noqa: N815
    organizationId = fields.String(attribute="organization_id", required=True)  # noqa: N815
    status = fields.Enum(State, attribute="state", by_value=True, required=True)
    enforcedLogins = _enforced_logins(attribute="enforced_logins", required=True)  # noqa: N815
    connectionId = fields.String(  # noqa: N815
        attribute="connection_id", required=True, allow_none=True, metadata=_CONNECTION
    )
    dnsRecord = fields.Nested(DnsRecordSchema, attribute="dns_record", required=True)  # noqa: N815
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    updatedAt = fields.String(attribute="modified_at", required=True)  # noqa: N815
    verifiedAt = fields.String(attribute="verified_at", required=True, allow_none=True)  # noqa: N815
    checkedAt = fields.String(attribute="checked_at", required=True, allow_none=True)  # noqa: N815


class DomainsSchema(EnvelopeSchema):
    """A page of domains."""

    domains = fields.List(fields.Nested(DomainSchema), required=True)


@domains.endpoint("/domains", "GET", permission="organization.domains.get")
@domains.reads(PageSchema, "query")
@domains.answers(200, DomainsSchema)
def list_domains(query: dict[str, Any]) -> dict[str, Any]:
    """List the domains by name."""
    found, total = service.list_domains(current_requester(), limit=query["limit"], offset=query["offset"])
    return page("domains", found, total, query)


@domains.endpoint("/domains", "POST", permission="organization.domains.create", others=(409,))
@domains.reads(NewDomainSchema)
@domains.answers(200, DomainSchema)
def claim_domain(body: dict[str, Any]) -> DomainRecord:
    """Claim a domain; the answer says which TXT record proves it."""
    return service.claim_domain(current_requester(), **body)


@domains.endpoint("/domains/<domain_id>", "GET", permission="organization.domains.get")
@domains.answers(200, DomainSchema)
def read_domain(domain_id: str) -> DomainRecord:
    """Read a domain."""
    return service.find_domain(current_requester(), domain_id)


@domains.endpoint("/domains/<domain_id>", "POST", permission="organization.domains.update", others=(409,))
@domains.reads(DomainChangeSchema)
@domains.answers(200, DomainSchema)
def change_domain(body: dict[str, Any], domain_id: str) -> DomainRecord:
    """Set which logins the domain's people may use, an empty list allows all; and by which Connection."""
    return service.change_domain(current_requester(), domain_id, body)


@domains.endpoint("/domains/<domain_id>", "DELETE", permission="organization.domains.delete")
@domains.answers(204)
def delete_domain(domain_id: str) -> None:
    """Give a domain up."""
    service.delete_domain(current_requester(), domain_id)


@domains.endpoint("/domains/<domain_id>/verify", "POST", permission="organization.domains.update", others=(409,))
@domains.answers(200, DomainSchema)
def verify_domain(domain_id: str) -> DomainRecord:
    """Look for the TXT record now; 409 says that it is not there yet, or that the domain is proved elsewhere."""
    resolvers: Resolvers = current_app.extensions["dns_resolvers"]
    return service.verify_domain(current_requester(), domain_id, resolvers)

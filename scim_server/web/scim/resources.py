"""Routes of Users and Groups: create, read, replace, change, delete (RFC 7644 §3.3 to §3.6)."""

from flask import Response, request

from scim_server.organizations.provisioning import Provisioning
from scim_server.protocol.errors import NotFound
from scim_server.protocol.etag import matches
from scim_server.protocol.limits import MAX_MEMBERS_IN_PATCH_ANSWER
from scim_server.protocol.projection import Projection
from scim_server.web.scim import operations
from scim_server.web.scim.answers import no_content, not_modified, query_projection, resource_answer
from scim_server.web.scim.authentication import current_principal
from scim_server.web.scim.blueprint import route
from scim_server.web.scim.bodies import body
from scim_server.web.scim.context import kind, organization_base, provisioning, quirks

_COLLECTION = "/<any(Users, Groups):endpoint>"
_RESOURCE = f"{_COLLECTION}/<resource_id>"


@route(_COLLECTION, "POST")
def create_resource(endpoint: str) -> Response:
    """Create a User or Group: 201 with the whole resource."""
    projection = query_projection(kind(endpoint).resource_type)
    context = provisioning()
    result = operations.create(context, endpoint, body(), quirks())
    return _answer(context, endpoint, result, projection, 201)


@route(_RESOURCE, "GET")
def read_resource(endpoint: str, resource_id: str) -> Response:
    """Read a User or Group; 304 for a client that has it already."""
    resources, principal = kind(endpoint), current_principal()
    base = organization_base(principal)
    projection = query_projection(resources.resource_type)
    derived = projection.returns(resources.directory.mapping.derived_name)
    stored = resources.directory.get(principal.organization_id, resource_id, base, derived=derived)
    if stored is None:
        raise NotFound(f"There is no {resources.resource_type.name} '{resource_id}'.")
    if_none_match = request.headers.get("If-None-Match")
    if if_none_match is not None and matches(if_none_match, stored.version):
        return not_modified(stored.version)
    return resource_answer(resources.resource_type, resources.directory.mapping, stored, base, projection)


@route(_RESOURCE, "PUT")
def replace_resource(endpoint: str, resource_id: str) -> Response:
    """Replace a User or Group: 200 with the whole resource."""
    projection = query_projection(kind(endpoint).resource_type)
    if_match = request.headers.get("If-Match")
    context = provisioning()
    result = operations.replace(context, endpoint, resource_id, body(), quirks(), if_match)
    return _answer(context, endpoint, result, projection)


@route(_RESOURCE, "PATCH")
def patch_resource(endpoint: str, resource_id: str) -> Response:
    """Change a User or Group: 200 with the whole resource, 204 for a Group with very many members."""
    projection = query_projection(kind(endpoint).resource_type)
    if_match = request.headers.get("If-Match")
    context = provisioning()
    result = operations.patch(context, endpoint, resource_id, body(), quirks(), if_match)
    if result.member_count > MAX_MEMBERS_IN_PATCH_ANSWER and projection.is_default:
        return no_content(result.version)
    return _answer(context, endpoint, result, projection)


@route(_RESOURCE, "DELETE")
def delete_resource(endpoint: str, resource_id: str) -> Response:
    """Delete a User or Group: 204."""
    operations.delete(provisioning(), endpoint, resource_id, request.headers.get("If-Match"))
    return no_content()


def _answer(
    context: Provisioning, endpoint: str, result: operations.Result, projection: Projection, status: int = 200
) -> Response:
    resources = kind(endpoint)
    mapping = resources.directory.mapping
    members = projection.returns(mapping.derived_name)
    stored = result.stored or operations.read_team(context, result.id, members=members)
    return resource_answer(resources.resource_type, mapping, stored, context.base, projection, status)

"""Routes of Users and Groups: create, read, replace, change, delete (RFC 7644 §3.3 to §3.6)."""

from flask import Response, request

from scim_server.directory.documents import Stored
from scim_server.protocol.errors import NotFound
from scim_server.protocol.etag import matches
from scim_server.protocol.limits import MAX_MEMBERS_IN_PATCH_ANSWER
from scim_server.protocol.projection import Projection
from scim_server.teams.mapping import TEAMS
from scim_server.teams.service import Outcome, Read
from scim_server.web.scim import operations
from scim_server.web.scim.answers import no_content, not_modified, query_projection, resource_answer
from scim_server.web.scim.authentication import current_principal, current_witness
from scim_server.web.scim.blueprint import route
from scim_server.web.scim.bodies import body
from scim_server.web.scim.context import kind, organization_base, provisioning, quirks

_COLLECTION = "/<any(Users, Groups):endpoint>"
_RESOURCE = f"{_COLLECTION}/<resource_id>"


@route(_COLLECTION, "POST")
def create_resource(endpoint: str) -> Response:
    """Create a User or Group: 201 with the whole resource."""
    projection = query_projection(kind(endpoint).resource_type)
    read = _team_reader(projection)
    result = operations.create(provisioning(), endpoint, body(), quirks(), read_team=read)
    return _answer(endpoint, result, projection, 201)


@route(_RESOURCE, "GET")
def read_resource(endpoint: str, resource_id: str) -> Response:
    """Read a User or Group; 304 for a client that has it already."""
    resources, principal = kind(endpoint), current_principal()
    base = organization_base(principal)
    projection = query_projection(resources.resource_type)
    derived = projection.returns(resources.directory.mapping.derived_name)
    stored = resources.directory.get(
        principal.organization_id, resource_id, base, derived=derived, witness=current_witness()
    )
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
    if_match, read = request.headers.get("If-Match"), _team_reader(projection)
    result = operations.replace(provisioning(), endpoint, resource_id, body(), quirks(), if_match, read)
    return _answer(endpoint, result, projection)


@route(_RESOURCE, "PATCH")
def patch_resource(endpoint: str, resource_id: str) -> Response:
    """Change a User or Group: 200 with the whole resource, 204 for a Group with very many members."""
    projection = query_projection(kind(endpoint).resource_type)
    if_match = request.headers.get("If-Match")
    read = _team_reader(projection, MAX_MEMBERS_IN_PATCH_ANSWER if projection.is_default else None)
    result = operations.patch(provisioning(), endpoint, resource_id, body(), quirks(), if_match, read)
    return _answer(endpoint, result, projection)


@route(_RESOURCE, "DELETE")
def delete_resource(endpoint: str, resource_id: str) -> Response:
    """Delete a User or Group: 204."""
    operations.delete(provisioning(), endpoint, resource_id, request.headers.get("If-Match"))
    return no_content()


def _team_reader(projection: Projection, max_members: int | None = None) -> Read:
    """Return how a Group is read for the answer to its change; not at all where it has very many members."""

    def read(outcome: Outcome) -> Stored | None:
        if max_members is not None and outcome.member_count > max_members:
            return None
        principal, members = current_principal(), projection.returns(TEAMS.mapping.derived_name)
        return TEAMS.get(principal.organization_id, outcome.id, organization_base(principal), derived=members)

    return read


def _answer(endpoint: str, result: operations.Result, projection: Projection, status: int = 200) -> Response:
    if result.stored is None:
        return no_content(result.version)
    resources, base = kind(endpoint), organization_base(current_principal())
    return resource_answer(
        resources.resource_type, resources.directory.mapping, result.stored, base, projection, status
    )

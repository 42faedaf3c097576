"""Answers of the SCIM endpoints: rendered text with its headers, never parsed again unless projected."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from flask import Response, request
from werkzeug.datastructures import Headers

from scim_server.directory.documents import Stored, location, render
from scim_server.directory.mapping import StorageMapping
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.etag import entity_tag
from scim_server.protocol.projection import Projection
from scim_server.web.errors import SCIM_MEDIA_TYPE


class JsonResponse(Response):
    """An answer with a JSON body, whose headers go out as they were set.

    They need none of what werkzeug does to them: addresses are absolute, and the length is set with the body.
    """

    default_mimetype = SCIM_MEDIA_TYPE

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """Return the headers."""
        return self.headers


def json_answer(body: str | bytes, status: int = 200) -> Response:
    """Return a SCIM answer with a JSON body."""
    return JsonResponse(body, status)


def no_content(version: int | None = None) -> Response:
    """Return 204, with the entity tag of what the request changed."""
    response = Response(status=204)
    response.headers.pop("Content-Type", None)
    if version is not None:
        response.headers["ETag"] = entity_tag(version)
    return response


def resource_texts(
    resource_type: ResourceType, mapping: StorageMapping, rows: Iterable[Stored], base: str, projection: Projection
) -> list[str]:
    """Return resources as JSON text with the attributes that the client asked for; whole ones are never parsed."""
    texts = render(resource_type, mapping, rows, base)
    if projection.is_default:
        return texts
    return [orjson.dumps(projection.apply(orjson.loads(text))).decode() for text in texts]


def resource_answer(
    resource_type: ResourceType,
    mapping: StorageMapping,
    stored: Stored,
    base: str,
    projection: Projection,
    status: int = 200,
) -> Response:
    """Return a resource with ETag, and Location where it was just created (RFC 7644 §3.3, §3.14)."""
    (text,) = resource_texts(resource_type, mapping, (stored,), base, projection)
    response = json_answer(text, status)
    response.headers["ETag"] = entity_tag(stored.version)
    if status == 201:  # noqa: PLR2004 - an HTTP status
        response.headers["Location"] = location(base, resource_type, stored.id)
    return response


def not_modified(version: int) -> Response:
    """Return 304 for a client that has this version already."""
    response = Response(status=304)
    response.headers["ETag"] = entity_tag(version)
    return response


def query_projection(resource_type: ResourceType) -> Projection:
    """Return the projection that the query parameters ask for (RFC 7644 §3.9)."""
    if not request.query_string:
        return _whole(resource_type)
    return projection_of(request.args.get("attributes"), request.args.get("excludedAttributes"), resource_type)


def projection_of(
    attributes: str | Sequence[str] | None, excluded: str | Sequence[str] | None, resource_type: ResourceType
) -> Projection:
    """Return the projection of two parameters; where both are empty, as they mostly are, it is made already."""
    if not attributes and not excluded:
        return _whole(resource_type)
    return Projection.from_parameters(attributes, excluded, resource_type)


@lru_cache
def _whole(resource_type: ResourceType) -> Projection:
    return Projection.from_parameters(None, None, resource_type)

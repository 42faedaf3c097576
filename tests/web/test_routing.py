"""Paths of SCIM are looked up; whatever is found is what werkzeug would have found."""

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from scim_server.web.routing import ScimFirst, scim_routes

_ID = "0192f6a0-0000-7000-8000-000000000000"
_LAST = (
    *("", "/", "/Users", "/users", "/Groups", "/Me", "/Bulk", "/Schemas", "/ResourceTypes", "/Unknown", "/.search"),
    *("/Users/", f"/Users/{_ID}", "/Users/.search", "/Groups/.search", "/Users/Me", "/Users/a b", "/Users/\u00e4"),
    *(f"/Users/{_ID}/more", "/Users//x", "/Me/x", "/Bulk/x", "/ResourceTypes/User", "/Schemas/urn:a:b", "/Schemas/x/y"),
)
PATHS = (
    *[f"/scim/v2/acme{last}" for last in _LAST],
    *("/scim/v2//Users", "/scim/v1/acme/Users", "/scim/v2/acme", "/SCIM/v2/acme/Users", "scim/v2/acme/Users"),
    *("/v1/organizations", "/", "/healthz", "//scim/v2/acme/Users", "/x/scim/v2/acme/Users", "/scim/v2/.search/Users"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "TRACE")


def _outcome(adapter: MapAdapter) -> object:
    try:
        rule, arguments = adapter.match(return_rule=True)
    except HTTPException as error:
        return type(error), sorted(getattr(error, "valid_methods", None) or ())
    return rule, dict(arguments)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_where_werkzeug_would_lead_it(app: Flask, path: str) -> None:
    """One table of routes, read in two ways."""
    routes = scim_routes(app.url_map)
    for method in METHODS:
        bound = app.url_map.bind("localhost", path_info=path, default_method=method)
        assert _outcome(ScimFirst(app.url_map, routes, path, method)) == _outcome(bound), method


def test_the_routes_of_every_day_are_looked_up(app: Flask) -> None:
    """Without them nothing above would tell the two ways apart."""
    found = {(method, endpoint, last) for method, _, endpoint, last in scim_routes(app.url_map)}
    of_a_resource = {("GET", "Users", ""), ("PATCH", "Groups", ""), ("POST", "Users", ".search"), ("POST", "Bulk", "")}
    assert of_a_resource <= found

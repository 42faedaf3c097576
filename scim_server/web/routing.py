"""Match the paths of SCIM without walking werkzeug's tree of all routes, which costs a read a twelfth of its time."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from werkzeug.routing import Map, MapAdapter, Rule

_PREFIX = ["", "scim", "v2", "<organization>"]
_ORGANIZATION, _ENDPOINT, _LAST = 3, 4, 5
# An argument that takes any segment, and one that takes one of a few.
_ANYTHING = re.compile(r"<(\w+)>")
_ONE_OF = re.compile(r"<any\(([^)]*)\):(\w+)>")


class Route(NamedTuple):
    """A rule, its arguments but the Organization, and the name of that which the last segment gives."""

    rule: Rule
    fixed: dict[str, str]
    last: str | None


# By method, number of segments, the endpoint's segment, and the last one, empty where it is an argument or missing.
Routes = dict[tuple[str, int, str, str], Route]


def scim_routes(url_map: Map) -> Routes:
    """Return the routes /scim/v2/{organization}/{endpoint} and below it, by what leads to them."""
    routes: Routes = {}
    for rule in url_map.iter_rules():
        parts = rule.rule.split("/")
        if parts[:_ENDPOINT] != _PREFIX or len(parts) not in (_LAST, _LAST + 1):
            continue
        last = parts[_LAST] if len(parts) > _LAST else ""
        name = _ANYTHING.fullmatch(last)
        for endpoint, fixed in _endpoints(parts[_ENDPOINT]):
            route = Route(rule, fixed, name[1] if name else None)
            for method in rule.methods or ():
                routes[method, len(parts), endpoint, "" if name else last] = route
    return routes


def _endpoints(part: str) -> Iterator[tuple[str, dict[str, str]]]:
    one_of = _ONE_OF.fullmatch(part)
    if one_of is None:
        yield part, {}
        return
    for choice in one_of[1].split(","):
        yield choice.strip(), {one_of[2]: choice.strip()}


class ScimFirst(MapAdapter):
    """Looks a path of SCIM up; all others, and all that is to be refused, go werkzeug's way."""

    def __init__(self, url_map: Map, routes: Routes, path: str, method: str) -> None:
        # The host is judged by `web.security`, and takes no part in matching.
        super().__init__(url_map, "localhost", "/", url_map.default_subdomain, "http", path, method)
        self._routes = routes

    def match(self, *args: Any, **options: Any) -> Any:
        """Return the rule and the arguments of the path; raises as werkzeug does."""
        found = self._looked_up() if not args and options == {"return_rule": True} else None
        return found or super().match(*args, **options)

    def _looked_up(self) -> tuple[Rule, Mapping[str, str]] | None:
        segments = self.path_info.split("/")
        length = len(segments)
        if length not in (_LAST, _LAST + 1) or segments[:_ORGANIZATION] != _PREFIX[:_ORGANIZATION]:
            return None
        last = segments[_LAST] if length > _LAST else ""
        key = self.default_method, length, segments[_ENDPOINT]
        route = self._routes.get((*key, last)) or self._routes.get((*key, ""))
        if route is None or not segments[_ORGANIZATION] or (length > _LAST and not last):
            return None
        arguments = {"organization": segments[_ORGANIZATION], **route.fixed}
        if route.last is not None:
            arguments[route.last] = last
        return route.rule, arguments

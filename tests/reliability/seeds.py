"""Requests as the RFC, Okta and Entra write them: what the mutators start from. `{user}` and the like are ids."""

from typing import Any

from tests.support.client import BULK, ENTERPRISE, GROUP, PATCH, SEARCH, USER

Seed = tuple[str, str, Any]


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


_OKTA_USER = {
    "schemas": [USER],
    "userName": "ada-{unique}@example.test",
    "name": {"givenName": "Ada", "familyName": "Byron"},
    "emails": [{"primary": True, "value": "ada.byron@example.test", "type": "work"}],
    "displayName": "Ada Byron",
    "locale": "en-US",
    "externalId": "00u{unique}",
    "groups": [],
    "password": "q8Zl20ax",
    "active": True,
}
_ENTRA_USER = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "ada {unique}",
    "userName": "ada.{unique}@example.test",
    "active": True,
    "addresses": [
        {"primary": False, "type": "work", "country": "Germany", "formatted": "Straße 1", "locality": "Köln"}
    ],
    "displayName": "Ada",
    "emails": [{"primary": True, "type": "work", "value": "ada@example.test"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada"},
    "phoneNumbers": [{"primary": True, "type": "mobile", "value": "+49 221 1"}],
    "roles": [],
    "title": "Countess",
    f"{ENTERPRISE}": {"department": "Engines", "employeeNumber": "1815", "manager": {"value": "{user}"}},
}

SEEDS: list[Seed] = [
    ("GET", "/ServiceProviderConfig", None),
    ("GET", "/ResourceTypes/User", None),
    ("GET", f"/Schemas/{ENTERPRISE}", None),
    ("GET", "/Users/{user}?attributes=userName,emails.value", None),
    ("GET", "/Users?filter=userName%20eq%20%22ada%40example.test%22&startIndex=1&count=100", None),
    ("GET", "/Users?filter=externalId+eq+%2200u1EXAMPLE%22", None),
    (
        "GET",
        "/Users?filter=emails%5Btype%20eq%20%22work%22%5D.value%20sw%20%22a%22%20and%20not%20(active%20eq%20false)",
        None,
    ),
    ("GET", "/Users?filter=meta.lastModified%20gt%20%222011-05-13T04:42:34Z%22&sortBy=name.familyName&count=5", None),
    ("GET", "/Users?cursor&count=2", None),
    ("GET", "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22Crew%22", None),
    ("GET", "/Groups?filter=members.value%20eq%20%22{user}%22", None),
    ("POST", "/Users", _OKTA_USER),
    ("POST", "/Users", _ENTRA_USER),
    ("PUT", "/Users/{user}", _OKTA_USER),
    ("PATCH", "/Users/{user}", _patch({"op": "replace", "value": {"active": False}})),
    (
        "PATCH",
        "/Users/{user}",
        _patch(
            {"op": "Add", "path": 'emails[type eq "work"].value', "value": "a@example.test"},
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Notes"},
            {"op": "Add", "value": {"name.familyName": "Byron", 'emails[type eq "home"].value': "h@example.test"}},
            {"op": "Remove", "path": "title"},
        ),
    ),
    ("POST", "/Groups", {"schemas": [GROUP], "displayName": "Crew {unique}", "members": [{"value": "{user}"}]}),
    ("PUT", "/Groups/{group}", {"schemas": [GROUP], "displayName": "Crew {unique}", "members": [{"value": "{user}"}]}),
    (
        "PATCH",
        "/Groups/{group}",
        _patch(
            {"op": "add", "path": "members", "value": [{"value": "{user}", "display": "Ada"}]},
            {"op": "remove", "path": 'members[value eq "{user}"]'},
            {"op": "replace", "value": {"id": "{group}", "displayName": "Crew {unique}"}},
        ),
    ),
    ("PATCH", "/Groups/{group}", _patch({"op": "Remove", "path": "members", "value": [{"value": "{user}"}]})),
    ("DELETE", "/Users/{gone}", None),
    ("GET", "/Users/{foreign}", None),
    ("PATCH", "/Groups/{group}", _patch({"op": "add", "path": "members", "value": [{"value": "{foreign}"}]})),
    (
        "POST",
        "/.search",
        {"schemas": [SEARCH], "filter": 'displayName co "a"', "attributes": ["displayName"], "count": 9},
    ),
    ("POST", "/Users/.search", {"schemas": [SEARCH], "sortBy": "userName", "sortOrder": "descending", "startIndex": 2}),
    (
        "POST",
        "/Bulk",
        {
            "schemas": [BULK],
            "failOnErrors": 2,
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "a", "data": _OKTA_USER},
                {
                    "method": "POST",
                    "path": "/Groups",
                    "bulkId": "b",
                    "data": {"schemas": [GROUP], "displayName": "B {unique}", "members": [{"value": "bulkId:a"}]},
                },
                {"method": "PATCH", "path": "/Users/{user}", "data": _patch({"op": "remove", "path": "nickName"})},
                {"method": "DELETE", "path": "/Users/{gone}"},
            ],
        },
    ),
]

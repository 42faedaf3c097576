"""What the PATCH tests share: a User with everything, an extension with every mutability, and one PATCH end to end."""

from collections import Counter
from copy import deepcopy
from typing import Any

from scim_server.protocol.apply import apply
from scim_server.protocol.attributes import Attribute, Mutability, ResourceType, Returned, Schema, Type
from scim_server.protocol.patch import compile_operations
from scim_server.protocol.quirks import Quirk, Quirks
from scim_server.protocol.schemas import USER, with_extensions

CORE = USER.schema.id
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OWN = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User"
OWN_USER = with_extensions(
    USER,
    (
        Schema(
            OWN,
            "Own",
            "An Organization's own attributes.",
            (
                Attribute("tag"),
                Attribute("tags", multi_valued=True),
                Attribute("badge", mutability=Mutability.IMMUTABLE),
                Attribute("score", Type.INTEGER, mutability=Mutability.READ_ONLY),
                Attribute("pin", mutability=Mutability.WRITE_ONLY, returned=Returned.NEVER),
                Attribute("notes", returned=Returned.REQUEST),
                Attribute("number", returned=Returned.ALWAYS),
                Attribute(
                    "desk",
                    Type.COMPLEX,
                    sub_attributes=(
                        Attribute("room", mutability=Mutability.IMMUTABLE),
                        Attribute("floor"),
                        Attribute("key", returned=Returned.REQUEST),
                        Attribute("building", returned=Returned.ALWAYS),
                    ),
                ),
                Attribute("units", multi_valued=True, required=True),
            ),
        ),
    ),
)

EMPTY: dict[str, Any] = {"userName": "ada"}
FILLED: dict[str, Any] = {
    "externalId": "x-1",
    "userName": "ada",
    "name": {"familyName": "Byron", "givenName": "Augusta", "middleName": "A"},
    "displayName": "Ada Byron",
    "title": "Countess",
    "active": True,
    "emails": [
        {"value": "ada@work.test", "type": "work", "primary": True},
        {"value": "ada@home.test", "type": "home", "display": "Home"},
    ],
    "addresses": [{"type": "work", "locality": "London", "country": "GB"}],
    "roles": [{"value": "reader", "primary": True}],
    ENTERPRISE: {
        "employeeNumber": "1815",
        "department": "Engines",
        "manager": {"value": "m-1", "$ref": "https://example.test/Users/m-1"},
    },
}
TEAM: dict[str, Any] = {"displayName": "Engineers", "members": [{"value": "a"}, {"value": "b"}, {"value": "c"}]}


def op(name: str, path: str | None = None, *value: Any) -> dict[str, Any]:
    """Return an operation; without a third argument it has no value."""
    operation: dict[str, Any] = {"op": name}
    if path is not None:
        operation["path"] = path
    return operation | ({"value": value[0]} if value else {})


def patched(before: dict[str, Any], *operations: dict[str, Any], of: ResourceType = OWN_USER) -> dict[str, Any]:
    """Return the resource after one PATCH."""
    return apply(compile_operations(operations, of, Quirks()), before, of)


def seen(*operations: dict[str, Any], of: ResourceType = OWN_USER) -> Counter[Quirk]:
    """Return how often each quirk was counted."""
    quirks = Quirks()
    compile_operations(operations, of, quirks)
    counts: Counter[Quirk] = Counter()
    for (quirk, _), number in quirks.counts.items():
        counts[quirk] += number
    return counts


def having(before: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with the value at a path of keys joined by '/'; None takes the key away."""
    after = deepcopy(before)
    *above, last = path.split("/")
    holder = after
    for key in above:
        holder = holder.setdefault(key, {})
    if value is None:
        holder.pop(last, None)
    else:
        holder[last] = value
    return after

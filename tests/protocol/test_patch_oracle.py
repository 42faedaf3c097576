"""Simple PATCHes give what the engine of scim2-models, an independent one, gives where both follow the RFC."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scim2_models import EnterpriseUser, PatchOp, User

from scim_server.protocol.schemas import USER
from tests.protocol.patching import CORE, ENTERPRISE, op, patched

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PEER = User[EnterpriseUser]

_TEXTS = st.sampled_from(["alpha", "beta", "gamma"])


def _roles(values: list[str]) -> list[dict[str, Any]]:
    # The type follows from the value, so that equal values are equal elements.
    return [{"value": each, "type": "direct" if each < "b" else "other"} for each in values]


_ROLES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True).map(_roles)
_PLACES: dict[str, Any] = {
    "userName": _TEXTS,
    "externalId": _TEXTS,
    "TITLE": _TEXTS,
    f"{CORE}:nickName": _TEXTS,
    "active": st.booleans(),
    "name.givenName": _TEXTS,
    "name": st.dictionaries(st.sampled_from(["givenName", "familyName", "formatted"]), _TEXTS, min_size=1),
    "roles": _ROLES,
    f"{ENTERPRISE}:department": _TEXTS,
    f"{ENTERPRISE}:manager.value": _TEXTS,
}
# userName is required; and manager.value is so for the peer, where RFC 7643 §8.7.1 has it optional.
_REMOVED = {"userName": "displayName", f"{ENTERPRISE}:manager.value": f"{ENTERPRISE}:manager"}
_RESOURCES = st.fixed_dictionaries(
    {"userName": st.just("ada")},
    optional={
        "title": _TEXTS,
        "active": st.booleans(),
        "name": _PLACES["name"],
        "roles": _ROLES,
        ENTERPRISE: st.dictionaries(st.sampled_from(["department", "division"]), _TEXTS, min_size=1),
    },
)


@st.composite
def _operation(draw: st.DrawFn) -> dict[str, Any]:
    name, path = draw(st.sampled_from(["add", "replace", "Replace", "remove"])), draw(st.sampled_from(sorted(_PLACES)))
    if name != "remove":
        return op(name, path, draw(_PLACES[path]))
    return op(name, _REMOVED.get(path, path))


def _peer(before: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    resource = PEER.model_validate({"schemas": [CORE, ENTERPRISE], **before})
    message = PatchOp[PEER].model_validate({"schemas": [PATCH], "Operations": operations})  # type: ignore[valid-type]
    message.patch(resource)
    after: dict[str, Any] = resource.model_dump()
    del after["schemas"]
    return after


@given(_RESOURCES, st.lists(_operation(), min_size=1, max_size=5))
def test_results_agree(before: dict[str, Any], operations: list[dict[str, Any]]) -> None:
    assert patched(before, *operations, of=USER) == _peer(before, operations)

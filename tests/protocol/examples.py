"""Resource types and bodies that several tests of the protocol share."""

from typing import Any

from hypothesis import strategies as st

from scim_server.protocol.attributes import Attribute, Schema, Type
from scim_server.protocol.schemas import GROUP, USER, with_extensions

CORE = USER.schema.id
ENTERPRISE = USER.extensions[0].id
CUSTOM = "urn:ietf:params:scim:schemas:extension:Acme:2.0:User"

CUSTOM_SCHEMA = Schema(
    CUSTOM,
    "Acme",
    "One attribute of each type.",
    (
        Attribute("badge", Type.INTEGER, required=True),
        Attribute("score", Type.DECIMAL),
        Attribute("hired", Type.DATE_TIME),
        Attribute("key", Type.BINARY),
        Attribute("page", Type.REFERENCE),
        Attribute("remote", Type.BOOLEAN),
        Attribute("tags", multi_valued=True),
        Attribute("flags", Type.BOOLEAN, multi_valued=True),
        Attribute("desk", Type.COMPLEX, sub_attributes=(Attribute("room", required=True), Attribute("floor"))),
    ),
)
CUSTOM_USER = with_extensions(USER, (CUSTOM_SCHEMA,))


def user(**attributes: Any) -> dict[str, Any]:
    """Return the body of a User."""
    return {"schemas": [CORE], "userName": "ada", **attributes}


def group(**attributes: Any) -> dict[str, Any]:
    """Return the body of a Group."""
    return {"schemas": [GROUP.schema.id], "displayName": "Engineers", **attributes}


def json_values(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return JSON values whose objects have these keys and any others."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "True", "a"]) | st.text()
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=5), inner, max_size=5),
        max_leaves=25,
    )

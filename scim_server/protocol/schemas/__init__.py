"""The built-in schemas and resource types, before an Organization registers extensions of its own."""

from dataclasses import replace

from scim_server.protocol.attributes import ResourceType, Schema
from scim_server.protocol.schemas.common import COMMON_ATTRIBUTES
from scim_server.protocol.schemas.enterprise import ENTERPRISE_USER_SCHEMA
from scim_server.protocol.schemas.group import GROUP_SCHEMA
from scim_server.protocol.schemas.user import USER_SCHEMA

USER = ResourceType(
    name="User",
    endpoint="/Users",
    description="A person in the Organization.",
    schema=USER_SCHEMA,
    extensions=(ENTERPRISE_USER_SCHEMA,),
    common=COMMON_ATTRIBUTES,
)
GROUP = ResourceType(
    name="Group",
    endpoint="/Groups",
    description="A Team of the Organization.",
    schema=GROUP_SCHEMA,
    common=COMMON_ATTRIBUTES,
)


def with_extensions(resource_type: ResourceType, extensions: tuple[Schema, ...]) -> ResourceType:
    """Return the resource type with these extensions after the built-in ones."""
    return replace(resource_type, extensions=(*resource_type.extensions, *extensions))

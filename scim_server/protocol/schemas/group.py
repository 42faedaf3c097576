"""The core Group schema (RFC 7643 §4.2): what an identity provider pushes becomes a Team."""

from scim_server.protocol.attributes import Attribute, Mutability, Schema, Type

GROUP_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:core:2.0:Group",
    name="Group",
    description="A Team of the Organization.",
    attributes=(
        Attribute("displayName", description="Name of the Group.", required=True),
        Attribute(
            "members",
            Type.COMPLEX,
            "Users and Groups that belong to the Group.",
            multi_valued=True,
            sub_attributes=(
                Attribute("value", description="Id of the member.", case_exact=True, mutability=Mutability.IMMUTABLE),
                Attribute(
                    "$ref",
                    Type.REFERENCE,
                    "Address of the member.",
                    case_exact=True,
                    mutability=Mutability.IMMUTABLE,
                    reference_types=("User", "Group"),
                ),
                Attribute(
                    "type",
                    description="Kind of the member.",
                    mutability=Mutability.IMMUTABLE,
                    canonical_values=("User", "Group"),
                ),
                # The member's own displayName: clients' values are ignored (outside-judges.md, trap 5).
                Attribute("display", description="Display name of the member.", mutability=Mutability.READ_ONLY),
            ),
        ),
    ),
)

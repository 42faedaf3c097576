"""Attributes that every resource has (RFC 7643 §3.1), and shorthands for the shapes that recur."""

from scim_server.protocol.attributes import Attribute, Mutability, Returned, Type, Uniqueness

READ_ONLY = Mutability.READ_ONLY

COMMON_ATTRIBUTES = (
    Attribute(
        "schemas",
        Type.REFERENCE,
        "URNs of the schemas whose attributes the resource holds.",
        multi_valued=True,
        required=True,
        mutability=READ_ONLY,
        returned=Returned.ALWAYS,
        reference_types=("uri",),
    ),
    Attribute(
        "id",
        description="Identifier made by this server; never changes and is never used again.",
        case_exact=True,
        mutability=READ_ONLY,
        returned=Returned.ALWAYS,
        uniqueness=Uniqueness.SERVER,
    ),
    Attribute("externalId", description="Identifier of the resource at the identity provider.", case_exact=True),
    Attribute(
        "meta",
        Type.COMPLEX,
        "What the server knows about the resource itself.",
        mutability=READ_ONLY,
        sub_attributes=(
            Attribute("resourceType", description="Name of the resource type.", case_exact=True, mutability=READ_ONLY),
            Attribute("created", Type.DATE_TIME, "When the resource was created.", mutability=READ_ONLY),
            Attribute("lastModified", Type.DATE_TIME, "When the resource last changed.", mutability=READ_ONLY),
            Attribute(
                "location", Type.REFERENCE, "Address of the resource.", mutability=READ_ONLY, reference_types=("uri",)
            ),
            Attribute("version", description="Entity tag of the resource.", case_exact=True, mutability=READ_ONLY),
        ),
    ),
)


def plural(
    name: str, description: str, value: Attribute, *, types: tuple[str, ...] = (), display: bool = True
) -> Attribute:
    """Return a multi-valued attribute with the sub-attributes of RFC 7643 §2.4 around `value`."""
    return Attribute(
        name,
        Type.COMPLEX,
        description,
        multi_valued=True,
        sub_attributes=(
            value,
            *((Attribute("display", description="Readable form of the value."),) if display else ()),
            Attribute("type", description="What the value is used for.", canonical_values=types),
            Attribute("primary", Type.BOOLEAN, "Whether this is the preferred value; at most one is."),
        ),
    )

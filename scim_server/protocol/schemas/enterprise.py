"""The Enterprise User extension (RFC 7643 §4.3)."""

from scim_server.protocol.attributes import Attribute, Mutability, Schema, Type

ENTERPRISE_USER_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name="EnterpriseUser",
    description="Where a person stands in an enterprise.",
    attributes=(
        Attribute("employeeNumber", description="Number that the enterprise knows the person by."),
        Attribute("costCenter", description="Cost center."),
        Attribute("organization", description="Organization inside the enterprise."),
        Attribute("division", description="Division."),
        Attribute("department", description="Department."),
        Attribute(
            "manager",
            Type.COMPLEX,
            "The person's manager.",
            sub_attributes=(
                Attribute("value", description="Id of the manager's User.", case_exact=True),
                Attribute(
                    "$ref", Type.REFERENCE, "Address of the manager's User.", case_exact=True, reference_types=("User",)
                ),
                Attribute("displayName", description="Name of the manager.", mutability=Mutability.READ_ONLY),
            ),
        ),
    ),
)

"""The core User schema (RFC 7643 §4.1, §8.7.1), all of it."""

from scim_server.protocol.attributes import Attribute, Mutability, Returned, Schema, Type, Uniqueness
from scim_server.protocol.schemas.common import plural

USER_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:core:2.0:User",
    name="User",
    description="A person in the Organization.",
    attributes=(
        Attribute(
            "userName",
            description="Name that the person signs in with, unique in the Organization.",
            required=True,
            uniqueness=Uniqueness.SERVER,
        ),
        Attribute(
            "name",
            Type.COMPLEX,
            "Parts of the person's name.",
            sub_attributes=(
                Attribute("formatted", description="The whole name as it is shown."),
                Attribute("familyName", description="Family name."),
                Attribute("givenName", description="Given name."),
                Attribute("middleName", description="Middle names."),
                Attribute("honorificPrefix", description="Title before the name."),
                Attribute("honorificSuffix", description="Suffix after the name."),
            ),
        ),
        Attribute("displayName", description="Name shown for the person."),
        Attribute("nickName", description="Casual name."),
        Attribute(
            "profileUrl",
            Type.REFERENCE,
            "Address of a page about the person.",
            case_exact=True,
            reference_types=("external",),
        ),
        Attribute("title", description="Job title."),
        Attribute("userType", description="Relation to the Organization, such as Employee or Contractor."),
        Attribute("preferredLanguage", description="Languages the person prefers, as in Accept-Language."),
        Attribute("locale", description="Locale for dates, numbers and currency."),
        Attribute("timezone", description="Time zone, such as Europe/Berlin."),
        Attribute("active", Type.BOOLEAN, "Whether the person may have access; false ends it at once."),
        # Published because clients build their requests from the schema (canaille fails without it), never kept.
        Attribute(
            "password",
            description="Accepted and dropped: people sign in at their identity provider.",
            case_exact=True,
            mutability=Mutability.WRITE_ONLY,
            returned=Returned.NEVER,
        ),
        plural(
            "emails",
            "E-mail addresses.",
            Attribute("value", description="The address."),
            types=("work", "home", "other"),
        ),
        plural(
            "phoneNumbers",
            "Telephone numbers.",
            Attribute("value", description="The number."),
            types=("work", "home", "mobile", "fax", "pager", "other"),
        ),
        plural(
            "ims",
            "Instant messaging addresses.",
            Attribute("value", description="The address."),
            types=("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
        ),
        plural(
            "photos",
            "Pictures of the person.",
            Attribute(
                "value", Type.REFERENCE, "Address of the picture.", case_exact=True, reference_types=("external",)
            ),
            types=("photo", "thumbnail"),
        ),
        Attribute(
            "addresses",
            Type.COMPLEX,
            "Postal addresses.",
            multi_valued=True,
            sub_attributes=(
                Attribute("formatted", description="The whole address as it is printed."),
                Attribute("streetAddress", description="Street and house number."),
                Attribute("locality", description="City."),
                Attribute("region", description="State or region."),
                Attribute("postalCode", description="Postal code."),
                Attribute("country", description="Country, two letters."),
                Attribute("type", description="What it is used for.", canonical_values=("work", "home", "other")),
                Attribute("primary", Type.BOOLEAN, "Whether this is the preferred address; at most one is."),
            ),
        ),
        Attribute(
            "groups",
            Type.COMPLEX,
            "Teams the person belongs to; changed through the Group.",
            multi_valued=True,
            mutability=Mutability.READ_ONLY,
            sub_attributes=(
                Attribute("value", description="Id of the Group.", case_exact=True, mutability=Mutability.READ_ONLY),
                Attribute(
                    "$ref",
                    Type.REFERENCE,
                    "Address of the Group.",
                    case_exact=True,
                    mutability=Mutability.READ_ONLY,
                    reference_types=("Group",),
                ),
                Attribute("display", description="Name of the Group.", mutability=Mutability.READ_ONLY),
                Attribute(
                    "type",
                    description="Whether the membership is direct or through a nested Group.",
                    mutability=Mutability.READ_ONLY,
                    canonical_values=("direct", "indirect"),
                ),
            ),
        ),
        plural("entitlements", "Things the person is entitled to.", Attribute("value", description="The entitlement.")),
        plural("roles", "Roles named by the identity provider.", Attribute("value", description="The role.")),
        plural(
            "x509Certificates",
            "Certificates of the person.",
            Attribute("value", Type.BINARY, "The certificate, DER in base64.", case_exact=True),
        ),
    ),
)

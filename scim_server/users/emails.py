"""Where mail about and to a person goes: one address of the many that an identity provider may push."""

from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import bindparam, select, type_coerce
from sqlalchemy.types import Text

from scim_server.database import reading
from scim_server.directory.documents import load_attributes
from scim_server.roles.catalogue import catalogue
from scim_server.users.models import User
from scim_server.users.policy import Status

_OWNERS = (
    select(type_coerce(User.document, Text()))
    .where(
        User.organization_id == bindparam("organization"),
        User.status == Status.ACTIVE.value,
        User.role == bindparam("owner"),
    )
    .order_by(User.created_at, User.id)
)


def primary_email(attributes: Mapping[str, Any]) -> str | None:
    """Return the address that mail to a User goes to, None where there is none.

    The primary address, else the first, else the userName, which is an address with most identity providers; whatever
    is no address is passed over. `attributes` are the SCIM attributes.
    """
    emails = sorted(attributes.get("emails", ()), key=lambda email: email.get("primary") is not True)
    candidates = [*(email.get("value") for email in emails), attributes.get("userName")]
    return next((address for address in candidates if address and _is_address(address)), None)


def owner_emails(organization_id: str) -> list[str]:
    """Return the addresses of all ACTIVE Owners, of those first who are members the longest; each once."""
    with reading() as connection:
        bound = {"organization": organization_id, "owner": catalogue().owner}
        documents = connection.execute(_OWNERS, bound).scalars().all()
    found = (primary_email(load_attributes(document)) for document in documents)
    return list(dict.fromkeys(address for address in found if address is not None))


def _is_address(text: str) -> bool:
    try:
        # Mail inside a company may go to names that the internet does not know.
        validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True

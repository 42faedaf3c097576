"""E-mail addresses in one form: what differs only in how it is written becomes one address (IN19)."""

from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email

from scim_server.protocol.errors import InvalidValue


def normalised(text: str, *, field: str = "inviteeEmail") -> str:
    """Return an address as it is stored and sent to: NFC, its domain in the ASCII form (IDNA).

    What stands before the @ keeps its case, its dots and its +parts: only the receiving server knows what they mean.
    Raises InvalidValue for anything but one address.
    """
    try:
        valid = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        message = f"Invalid email address. Please check the address and try again: {error}"
        raise InvalidValue(message, field=field) from None
    return f"{valid.local_part}@{valid.ascii_domain}"


def address_of(attributes: Mapping[str, Any]) -> str:
    """Return where a User is invited: the primary e-mail address, else the first, else the userName if it is one.

    Raises InvalidValue.
    """
    emails = sorted(attributes.get("emails", ()), key=lambda email: email.get("primary") is not True)
    found = next((email["value"] for email in emails if "value" in email), attributes["userName"])
    try:
        return normalised(str(found))
    except InvalidValue:
        raise InvalidValue(f"User '{attributes['userName']}' has no e-mail address to be invited at.") from None

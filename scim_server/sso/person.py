"""Whom an identity provider says has signed in: its claims, read by the Connection's mapping and without trust."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import idna
from email_validator import EmailNotValidError, validate_email

from scim_server.protocol.limits import MAX_INDEXED_STRING_LENGTH
from scim_server.sso.tokens import text_claim

MAX_GROUPS = 1_000
_MAX_NAME_LENGTH = 256


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Which claims hold what; `groups` is None where nobody asks for them."""

    email: str = "email"
    name: str = "name"
    groups: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in. (issuer, subject) is who they are, everything else is what the provider says of them.

    `email_verified` and `groups` are None where the provider does not say. `provider_session` names its session, for
    its logout.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool | None
    name: str | None
    groups: tuple[str, ...] | None
    provider_session: str | None

    @property
    def domain(self) -> str | None:
        """Return the domain of the e-mail address as domains are proved: in lower case and its ASCII form."""
        if self.email is None:
            return None
        return idna.encode(self.email.rpartition("@")[2], uts46=True).decode()


def read_person(claims: Mapping[str, Any], mapping: ClaimMapping) -> Person:
    """Return the person whom checked claims describe; what cannot be read is as if it were not there."""
    return Person(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=_email(claims.get(mapping.email)),
        email_verified=_flag(claims["email_verified"]) if "email_verified" in claims else None,
        name=text_claim(claims, mapping.name, max_length=_MAX_NAME_LENGTH),
        groups=_groups(claims[mapping.groups]) if mapping.groups is not None and mapping.groups in claims else None,
        provider_session=text_claim(claims, "sid"),
    )


def missing_claims(claims: Mapping[str, Any], mapping: ClaimMapping) -> bool:
    """Tell whether a claim of the mapping is missing, so that the userinfo endpoint is worth asking."""
    wanted = (mapping.email, mapping.name, mapping.groups)
    return any(name is not None and name not in claims for name in wanted)


def _email(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_INDEXED_STRING_LENGTH:
        return None
    try:
        return validate_email(value, check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError:
        return None


def _flag(value: Any) -> bool:
    """Read a truth value, which some providers send as text; anything unclear is no."""
    return value is True or value == "true"


def _groups(value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    usable = (name for name in names[:MAX_GROUPS] if isinstance(name, str) and name.isprintable())
    return tuple(dict.fromkeys(name for name in usable if 0 < len(name) <= MAX_INDEXED_STRING_LENGTH))

"""Which tokens there can be, what a rotation does to one, and when the Owners are warned; no database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scim_server.protocol.errors import InvalidValue

ORGANIZATION, WORKSPACE, DEPLOYMENT = SCOPES = ("ORGANIZATION", "WORKSPACE", "DEPLOYMENT")
# Days before its expiry at which the Owners are told of a token, the earliest first.
WARNING_DAYS = (14, 3)
MAX_EXPIRY_DAYS = 3_650
# A week: longer, and two secrets in use would be the rule.
MAX_OVERLAP_MINUTES = 7 * 24 * 60


class Kind(StrEnum):
    """What a token is for: STANDARD serves the management API, and SCIM too where it is an Owner's; SCIM that alone."""

    STANDARD = "STANDARD"
    SCIM = "SCIM"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token that somebody asks for: its `role` is one of the `scope`, held on `entity_id` where that is lower."""

    name: str
    description: str | None = None
    kind: Kind = Kind.STANDARD
    scope: str = ORGANIZATION
    role: str | None = None
    entity_id: str | None = None
    connection_id: str | None = None
    expires_in_days: int | None = None


def check_request(request: TokenRequest, organization_id: str) -> None:
    """Raise InvalidValue, naming the field, for a combination that is no token."""
    if request.kind is Kind.SCIM:
        if request.scope != ORGANIZATION:
            raise InvalidValue("A token of the kind SCIM serves the whole Organization.", field="scope")
        if request.role is not None:
            raise InvalidValue("A token of the kind SCIM provisions, and has no role; leave it out.", field="role")
    elif request.role is None:
        raise InvalidValue("A token of the kind STANDARD needs a role on its scope.", field="role")
    if request.scope == ORGANIZATION:
        if request.entity_id not in {None, organization_id}:
            raise InvalidValue("A role on the Organization is held on no other entity; leave it out.", field="entityId")
    elif not request.entity_id:
        raise InvalidValue(f"Name the {request.scope.title()} that the role is held on.", field="entityId")


@dataclass(frozen=True, slots=True)
class Rotation:
    """When the secret before a rotation ends, None for at once; and when the token itself does, None for never."""

    previous_expires_at: datetime | None
    expires_at: datetime | None


def rotate(
    *, expires_at: datetime | None, period_days: int | None, overlap_minutes: int, present: datetime
) -> Rotation:
    """Decide for a rotation: the period begins again, and no secret becomes good for longer than it was.

    So the secret of an expired token stays dead, whatever overlap is asked for.
    """
    anew = present + timedelta(days=period_days) if period_days else None
    if not overlap_minutes or (expires_at is not None and expires_at <= present):
        return Rotation(None, anew)
    until = present + timedelta(minutes=overlap_minutes)
    return Rotation(until if expires_at is None else min(until, expires_at), anew)


def warning_due(
    *, expires_at: datetime, period_days: int | None, warned_days: int | None, present: datetime
) -> int | None:
    """Return which of WARNING_DAYS is to be told now, None for none of them.

    Each is told once, and only the latest where several were missed. A token that lives no longer than that many days
    would be warned of as soon as it is made, so it is not.
    """
    left = expires_at - present
    if left <= timedelta(0):
        return None
    passed = [days for days in WARNING_DAYS if left <= timedelta(days=days) and (period_days or days + 1) > days]
    if not passed or (warned_days is not None and passed[-1] >= warned_days):
        return None
    return passed[-1]

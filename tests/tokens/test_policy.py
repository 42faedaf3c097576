"""Which tokens there can be, what a rotation does, and when Owners are warned."""

from datetime import UTC, datetime, timedelta

import pytest

from scim_server.protocol.errors import InvalidValue
from scim_server.tokens.policy import Kind, Rotation, TokenRequest, check_request, rotate, warning_due

NOW = datetime(2026, 2, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ACME = "acme-id"


@pytest.mark.parametrize(
    "request_",
    [
        TokenRequest("a", role="ORGANIZATION_MEMBER"),
        TokenRequest("a", role="ORGANIZATION_MEMBER", entity_id=ACME),
        TokenRequest("a", kind=Kind.SCIM),
        TokenRequest("a", scope="WORKSPACE", role="WORKSPACE_MEMBER", entity_id="1"),
        TokenRequest("a", scope="DEPLOYMENT", role="DEPLOYMENT_ADMIN", entity_id="1"),
    ],
)
def test_tokens_that_can_be(request_: TokenRequest) -> None:
    check_request(request_, ACME)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (TokenRequest("a"), "role"),
        (TokenRequest("a", scope="WORKSPACE", entity_id="1"), "role"),
        (TokenRequest("a", scope="WORKSPACE", role="WORKSPACE_MEMBER"), "entityId"),
        (TokenRequest("a", scope="DEPLOYMENT", role="DEPLOYMENT_ADMIN"), "entityId"),
        (TokenRequest("a", role="ORGANIZATION_MEMBER", entity_id="1"), "entityId"),
        (TokenRequest("a", kind=Kind.SCIM, role="ORGANIZATION_OWNER"), "role"),
        (TokenRequest("a", kind=Kind.SCIM, scope="WORKSPACE", entity_id="1"), "scope"),
    ],
)
def test_tokens_that_cannot_be(request_: TokenRequest, field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_request(request_, ACME)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("expires_at", "period", "overlap", "expected"),
    [
        (None, None, 0, Rotation(None, None)),
        (None, None, 10, Rotation(NOW + 10 * MINUTE, None)),
        (NOW + DAY, 30, 0, Rotation(None, NOW + 30 * DAY)),
        (NOW + DAY, 30, 10, Rotation(NOW + 10 * MINUTE, NOW + 30 * DAY)),
        # The old secret never lives longer than it would have.
        (NOW + MINUTE, 30, 10, Rotation(NOW + MINUTE, NOW + 30 * DAY)),
        (NOW, 30, 10, Rotation(None, NOW + 30 * DAY)),
        (NOW - DAY, 30, 10, Rotation(None, NOW + 30 * DAY)),
    ],
)
def test_rotation(expires_at: datetime | None, period: int | None, overlap: int, expected: Rotation) -> None:
    assert rotate(expires_at=expires_at, period_days=period, overlap_minutes=overlap, present=NOW) == expected


@pytest.mark.parametrize(
    ("left", "period", "warned", "expected"),
    [
        (15 * DAY, 365, None, None),
        (14 * DAY + MINUTE, 365, None, None),
        (14 * DAY, 365, None, 14),
        (5 * DAY, 365, None, 14),
        (5 * DAY, 365, 14, None),
        (3 * DAY + MINUTE, 365, 14, None),
        (3 * DAY, 365, 14, 3),
        # A server that was off meanwhile tells what is due now, and once.
        (2 * DAY, 365, None, 3),
        (MINUTE, 365, 3, None),
        (MINUTE, 365, None, 3),
        (timedelta(0), 365, None, None),
        (-DAY, 365, None, None),
        # Made for a short time, so nobody is surprised.
        (14 * DAY, 14, None, None),
        (14 * DAY, 15, None, 14),
        (3 * DAY, 14, None, 3),
        (3 * DAY, 4, None, 3),
        (3 * DAY, 3, None, None),
        (DAY, 1, None, None),
        (3 * DAY, None, None, 3),
    ],
)
def test_warnings(left: timedelta, period: int | None, warned: int | None, expected: int | None) -> None:
    due = warning_due(expires_at=NOW + left, period_days=period, warned_days=warned, present=NOW)
    assert due == expected

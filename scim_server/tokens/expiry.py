"""Find the tokens that expire soon, and mark each as told of, once for each of the days of policy.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from scim_server.database import reading, transaction
from scim_server.identifiers import moment
from scim_server.tokens.models import Token
from scim_server.tokens.policy import WARNING_DAYS, warning_due

# Tokens that one run tells of; the next one goes on.
BATCH = 100

_COLUMNS = (
    Token.id,
    Token.organization_id,
    Token.name,
    Token.expires_at,
    Token.expiry_period_days,
    Token.warned_days,
    Token.last_used_at,
)
_GOOD = (Token.revoked_at.is_(None), Token.expires_at > bindparam("now"))
_DUE = (
    select(*_COLUMNS)
    .where(
        *_GOOD,
        Token.expires_at <= bindparam("first"),
        or_(Token.expiry_period_days.is_(None), Token.expiry_period_days > WARNING_DAYS[-1]),
        or_(
            Token.warned_days.is_(None)
            & or_(Token.expiry_period_days.is_(None), Token.expiry_period_days > WARNING_DAYS[0]),
            (or_(Token.warned_days.is_(None), Token.warned_days > WARNING_DAYS[-1]))
            & (Token.expires_at <= bindparam("last")),
        ),
    )
    .order_by(Token.expires_at, Token.id)
    .limit(BATCH)
)
_LOCK = select(*_COLUMNS).where(Token.id == bindparam("token"), *_GOOD).with_for_update()
_WARNED = update(Token).where(Token.id == bindparam("token")).values(warned_days=bindparam("days"))


@dataclass(frozen=True, slots=True)
class ExpiringToken:
    """A token whose Owners are told that it expires; `days` is how soon, at most."""

    id: str
    organization_id: str
    name: str
    expires_at: str
    last_used_at: str | None
    days: int


def warn_expiring(
    on_warning: Callable[[Connection, ExpiringToken], None], go_on: Callable[[], bool] = lambda: True
) -> int:
    """Call `on_warning` for each token that is due, in the transaction that marks it, and return how many that were."""
    present = datetime.now(UTC)
    first, last = (moment(present + timedelta(days=days)) for days in (WARNING_DAYS[0], WARNING_DAYS[-1]))
    with reading() as connection:
        due = connection.execute(_DUE, {"now": moment(present), "first": first, "last": last}).all()
    warned = 0
    for row in due:
        if not go_on():
            break
        with transaction() as connection:
            warned += _warn(connection, row.id, present, on_warning)
    return warned


def _warn(
    connection: Connection, token_id: str, present: datetime, on_warning: Callable[[Connection, ExpiringToken], None]
) -> bool:
    # Another process may have told of it meanwhile, or an Owner rotated or deleted it.
    row: Any = connection.execute(_LOCK, {"token": token_id, "now": moment(present)}).first()
    if row is None:
        return False
    days = warning_due(
        expires_at=datetime.fromisoformat(row.expires_at),
        period_days=row.expiry_period_days,
        warned_days=row.warned_days,
        present=present,
    )
    if days is None:
        return False
    connection.execute(_WARNED, {"token": token_id, "days": days})
    on_warning(connection, ExpiringToken(row.id, row.organization_id, row.name, row.expires_at, row.last_used_at, days))
    return True

"""One-time secrets: links of mails, and steps that have a next. Each does one thing, once, until its minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, select, type_coerce, update
from sqlalchemy.types import Text

from scim_server.accounts.models import OneTimeSecret
from scim_server.accounts.secrets import digest, is_plausible, new_secret
from scim_server.database import reading, transaction
from scim_server.identifiers import moment, new_id, now


class Purpose(StrEnum):
    """What a secret is good for, and nothing else."""

    SET_UP = "SET_UP"
    PROVE_EMAIL = "PROVE_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a purpose, no secret
    CHANGE_EMAIL = "CHANGE_EMAIL"
    SECOND_FACTOR = "SECOND_FACTOR"
    ADD_PASSKEY = "ADD_PASSKEY"
    CONFIRM_IDENTITY = "CONFIRM_IDENTITY"


LIFETIMES = {
    Purpose.SET_UP: timedelta(hours=24),
    Purpose.PROVE_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.SECOND_FACTOR: timedelta(minutes=10),
    Purpose.ADD_PASSKEY: timedelta(minutes=10),
    Purpose.CONFIRM_IDENTITY: timedelta(minutes=30),
}


@dataclass(frozen=True, slots=True)
class Issued:
    """What a secret stands for. `account_id` is None where there is no Account and the page must not tell."""

    id: str
    account_id: str | None
    data: Mapping[str, Any]


_INSERT = insert(OneTimeSecret)
_GOOD = (
    OneTimeSecret.secret_digest == bindparam("digest"),
    OneTimeSecret.purpose == bindparam("of_purpose"),
    OneTimeSecret.used_at.is_(None),
    OneTimeSecret.expires_at > bindparam("now"),
)
_COLUMNS = (OneTimeSecret.id, OneTimeSecret.account_id, type_coerce(OneTimeSecret.data, Text()).label("data"))
_PEEK = select(*_COLUMNS).where(*_GOOD)
# Of two at once, one finds it unused.
_USE = update(OneTimeSecret).where(*_GOOD).values(used_at=bindparam("now")).returning(*_COLUMNS)
_REVOKE = delete(OneTimeSecret).where(
    OneTimeSecret.account_id == bindparam("account"), OneTimeSecret.purpose == bindparam("of_purpose")
)
_OPEN = select(OneTimeSecret.id).where(
    OneTimeSecret.account_id == bindparam("account"),
    OneTimeSecret.purpose == bindparam("of_purpose"),
    OneTimeSecret.used_at.is_(None),
)
_FORGET = delete(OneTimeSecret).where(OneTimeSecret.expires_at <= bindparam("now"))


def issue(connection: Connection, purpose: Purpose, account_id: str | None, data: Mapping[str, Any]) -> str:
    """Write a secret in the caller's transaction and return it, to be shown to one person."""
    secret, at = new_secret(), datetime.now(UTC)
    row = {
        "id": new_id(),
        "secret_digest": digest(secret),
        "purpose": purpose.value,
        "account_id": account_id,
        "data": orjson.dumps(data).decode(),
        "created_at": moment(at),
        "expires_at": moment(at + LIFETIMES[purpose]),
    }
    connection.execute(_INSERT, row)
    return secret


def peek(purpose: Purpose, secret: str) -> Issued | None:
    """Return what a secret stands for without using it; None where it is unknown, used, too old, or for another use."""
    if not is_plausible(secret):
        return None
    with reading() as connection:
        return _issued(connection.execute(_PEEK, _bound(purpose, secret)).first())


def use(connection: Connection, purpose: Purpose, secret: str) -> Issued | None:
    """Use a secret up in the caller's transaction; None as for `peek`, and for all but the first who come."""
    return _issued(connection.execute(_USE, _bound(purpose, secret)).first()) if is_plausible(secret) else None


def is_open(connection: Connection, purpose: Purpose, account_id: str) -> bool:
    """Tell whether the Account has a secret of this purpose that was not used, too old or not."""
    return connection.execute(_OPEN, {"account": account_id, "of_purpose": purpose.value}).first() is not None


def revoke(connection: Connection, purpose: Purpose, account_id: str) -> None:
    """End the Account's secrets of one purpose."""
    connection.execute(_REVOKE, {"account": account_id, "of_purpose": purpose.value})


def forget_old() -> int:
    """Delete secrets that are too old, and return how many; they are refused whether this runs or not."""
    with transaction() as connection:
        return connection.execute(_FORGET, {"now": now()}).rowcount


def _bound(purpose: Purpose, secret: str) -> dict[str, str]:
    return {"digest": digest(secret), "of_purpose": purpose.value, "now": now()}


def _issued(row: Any) -> Issued | None:
    return None if row is None else Issued(row.id, row.account_id, orjson.loads(row.data))

"""Second factors of an Account: codes of an authenticator, passkeys, and recovery codes for when those are lost."""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pyotp
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from scim_server.accounts import one_time, passkeys
from scim_server.accounts.members import record_for_member
from scim_server.accounts.models import Account, RecoveryCode, SecondFactor
from scim_server.accounts.one_time import Purpose
from scim_server.accounts.passkeys import Passkey
from scim_server.accounts.secrets import digest
from scim_server.accounts.service import AccountRecord, checked_name
from scim_server.accounts.sessions import AuthenticatedBy
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import Conflict, InvalidValue, NotFound
from scim_server.sealing import seal, unseal

MAX_FACTORS = 10
RECOVERY_CODES = 10
# 80 random bits, as a stolen database must not be worth trying all of them.
_RECOVERY_BYTES = 10
_STEP_SECONDS = 30
# Clocks differ: one step earlier and one later are accepted too.
_WINDOW = (0, -1, 1)
_ISSUER = "scim-server"


class Kind(StrEnum):
    """Kinds of second factors."""

    TOTP = "TOTP"
    PASSKEY = "PASSKEY"


@dataclass(frozen=True, slots=True)
class FactorRecord:
    """A second factor as its owner sees it."""

    id: str
    kind: str
    name: str
    created_at: str
    last_used_at: str | None
    credential_id: str | None


@dataclass(frozen=True, slots=True)
class NewAuthenticator:
    """The key of an authenticator that is being set up, to be shown this once: as text, and as an otpauth address."""

    factor_id: str
    key: str
    address: str


_OF_ACCOUNT = SecondFactor.account_id == bindparam("account")
_CONFIRMED = SecondFactor.confirmed_at.is_not(None)
_OF_FACTOR = (_OF_ACCOUNT, SecondFactor.id == bindparam("factor"))
_LIST = (
    select(
        SecondFactor.id,
        SecondFactor.kind,
        SecondFactor.name,
        SecondFactor.created_at,
        SecondFactor.last_used_at,
        SecondFactor.credential_id,
    )
    .where(_OF_ACCOUNT, _CONFIRMED)
    .order_by(SecondFactor.created_at, SecondFactor.id)
)
_TOTPS = select(SecondFactor.id, SecondFactor.secret).where(
    _OF_ACCOUNT, _CONFIRMED, SecondFactor.kind == Kind.TOTP.value
)
_UNCONFIRMED = select(SecondFactor.secret).where(*_OF_FACTOR, SecondFactor.confirmed_at.is_(None))
_PASSKEYS = select(SecondFactor.id, SecondFactor.credential_id, SecondFactor.public_key, SecondFactor.sign_count).where(
    _OF_ACCOUNT, _CONFIRMED, SecondFactor.kind == Kind.PASSKEY.value
)
_INSERT = insert(SecondFactor)
_DROP_UNCONFIRMED = delete(SecondFactor).where(_OF_ACCOUNT, SecondFactor.confirmed_at.is_(None))
_CONFIRM = (
    update(SecondFactor)
    .where(*_OF_FACTOR, SecondFactor.confirmed_at.is_(None))
    .values(confirmed_at=bindparam("now"), last_step=bindparam("step"), name=bindparam("called"))
    .returning(SecondFactor.id)
)
# A code is good once: of two at once, one finds its step still open.
_USE_STEP = (
    update(SecondFactor)
    .where(*_OF_FACTOR, or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < bindparam("step")))
    .values(last_step=bindparam("step"), last_used_at=bindparam("now"))
    .returning(SecondFactor.id)
)
_USE_PASSKEY = (
    update(SecondFactor).where(*_OF_FACTOR).values(sign_count=bindparam("count"), last_used_at=bindparam("now"))
)
_REMOVE = delete(SecondFactor).where(*_OF_FACTOR, _CONFIRMED).returning(SecondFactor.kind)
_LOCK = select(Account.id).where(Account.id == bindparam("account")).with_for_update()
_COUNT = select(func.count()).select_from(SecondFactor).where(_OF_ACCOUNT, _CONFIRMED)
_OF_CODES = RecoveryCode.account_id == bindparam("account")
_INSERT_CODES = insert(RecoveryCode)
_DROP_CODES = delete(RecoveryCode).where(_OF_CODES)
_COUNT_CODES = select(func.count()).select_from(RecoveryCode).where(_OF_CODES, RecoveryCode.used_at.is_(None))
_USE_CODE = (
    update(RecoveryCode)
    .where(_OF_CODES, RecoveryCode.code_digest == bindparam("digest"), RecoveryCode.used_at.is_(None))
    .values(used_at=bindparam("now"))
    .returning(RecoveryCode.account_id)
)


def has_any(account_id: str) -> bool:
    """Tell whether an Account has a second factor."""
    with reading() as connection:
        return connection.execute(_COUNT, {"account": account_id}).scalar_one() > 0


def list_factors(account_id: str) -> list[FactorRecord]:
    """Return the Account's second factors, the oldest first."""
    with reading() as connection:
        return [FactorRecord(*row) for row in connection.execute(_LIST, {"account": account_id})]


def recovery_codes_left(account_id: str) -> int:
    """Return how many recovery codes have not been used."""
    with reading() as connection:
        return int(connection.execute(_COUNT_CODES, {"account": account_id}).scalar_one())


def credentials_of(account_id: str) -> list[str]:
    """Return the credential ids of the Account's passkeys."""
    return [factor.credential_id for factor in list_factors(account_id) if factor.credential_id]


def begin_authenticator(account: AccountRecord) -> NewAuthenticator:
    """Draw the key of an authenticator; it counts once a code of it was confirmed. Raises Conflict for too many."""
    key, factor_id = pyotp.random_base32(), new_id()
    with transaction() as connection:
        _require_room(connection, account.id)
        connection.execute(_DROP_UNCONFIRMED, {"account": account.id})
        row = _row(account.id, factor_id, Kind.TOTP, "Authenticator") | {"secret": seal(key)}
        connection.execute(_INSERT, row)
    address = pyotp.TOTP(key).provisioning_uri(name=account.email, issuer_name=_ISSUER)
    return NewAuthenticator(factor_id, key, address)


def pending_authenticator(account: AccountRecord, factor_id: str) -> NewAuthenticator:
    """Return an authenticator that is being set up, for one who mistyped its code; raises NotFound."""
    with reading() as connection:
        sealed = connection.execute(_UNCONFIRMED, {"account": account.id, "factor": factor_id}).scalar()
    if sealed is None:
        raise _gone()
    key = unseal(sealed)
    return NewAuthenticator(factor_id, key, pyotp.TOTP(key).provisioning_uri(name=account.email, issuer_name=_ISSUER))


def confirm_authenticator(account_id: str, factor_id: str, code: str, name: str, origin: Origin) -> list[str]:
    """Make an authenticator count once it shows the right code, and return recovery codes where it is the first factor.

    Raises InvalidValue for a wrong code, NotFound for one that is not being set up.
    """
    called = checked_name(name)
    with transaction() as connection:
        _lock(connection, account_id)
        sealed = connection.execute(_UNCONFIRMED, {"account": account_id, "factor": factor_id}).scalar()
        if sealed is None:
            raise _gone()
        step = _matching_step(unseal(sealed), _digits(code))
        if step is None:
            raise InvalidValue("That code is not right. Is the clock of your device?", field="code")
        first = connection.execute(_COUNT, {"account": account_id}).scalar_one() == 0
        bound = {"account": account_id, "factor": factor_id, "now": now(), "step": step, "called": called}
        connection.execute(_CONFIRM, bound)
        return _added(connection, account_id, Kind.TOTP, origin, first=first)


def begin_passkey(account: AccountRecord) -> tuple[str, str]:
    """Return the secret of the step, and what the browser needs to make a passkey; raises Conflict for too many."""
    challenge = passkeys.new_challenge()
    present = credentials_of(account.id)
    with transaction() as connection:
        _require_room(connection, account.id)
        step = one_time.issue(connection, Purpose.ADD_PASSKEY, account.id, {"challenge": challenge})
    return step, passkeys.creation_options(account.id, account.email, account.name, challenge, present)


def add_passkey(account_id: str, step: str, credential: str, name: str, origin: Origin) -> list[str]:
    """Store the passkey that was made for a step, and return recovery codes where it is the first factor.

    Raises InvalidValue, NotFound for a step that is over, Conflict for a passkey that is known already.
    """
    called = checked_name(name)
    with transaction() as connection:
        _lock(connection, account_id)
        issued = one_time.use(connection, Purpose.ADD_PASSKEY, step)
        if issued is None or issued.account_id != account_id:
            raise _gone()
        made = passkeys.created(credential, str(issued.data["challenge"]))
        known = select(SecondFactor.id).where(SecondFactor.credential_id == made.credential_id)
        if connection.execute(known).first() is not None:
            raise Conflict("This passkey is set up already.")
        first = connection.execute(_COUNT, {"account": account_id}).scalar_one() == 0
        row = _row(account_id, new_id(), Kind.PASSKEY, called) | {**made._asdict(), "confirmed_at": now()}
        connection.execute(_INSERT, row)
        return _added(connection, account_id, Kind.PASSKEY, origin, first=first)


def accept_code(connection: Connection, account_id: str, code: str) -> AuthenticatedBy | None:
    """Use up a code of an authenticator or a recovery code; None where it is none of the Account's."""
    digits = _digits(code)
    if re.fullmatch(r"\d{6}", digits):
        for factor in connection.execute(_TOTPS, {"account": account_id}).all():
            step = _matching_step(unseal(factor.secret), digits)
            bound = {"account": account_id, "factor": factor.id, "step": step, "now": now()}
            if step is not None and connection.execute(_USE_STEP, bound).first() is not None:
                return AuthenticatedBy.PASSWORD_AND_TOTP
        return None
    bound = {"account": account_id, "digest": digest(_letters(code)), "now": now()}
    used = connection.execute(_USE_CODE, bound).first()
    return None if used is None else AuthenticatedBy.PASSWORD_AND_RECOVERY_CODE


def accept_passkey(connection: Connection, account_id: str, credential: str, challenge: str) -> bool:
    """Tell whether one of the Account's passkeys signed the challenge, and note its use."""
    _lock(connection, account_id)
    for row in connection.execute(_PASSKEYS, {"account": account_id}).all():
        passkey = Passkey(row.credential_id, row.public_key, row.sign_count)
        count = passkeys.signed(credential, challenge, passkey) if row.credential_id in credential else None
        if count is not None:
            bound = {"account": account_id, "factor": row.id, "count": count, "now": now()}
            connection.execute(_USE_PASSKEY, bound)
            return True
    return False


def remove(account_id: str, factor_id: str, origin: Origin) -> None:
    """Remove a second factor; with the last go the recovery codes. Raises NotFound."""
    with transaction() as connection:
        _lock(connection, account_id)
        kind = connection.execute(_REMOVE, {"account": account_id, "factor": factor_id}).scalar()
        if kind is None:
            raise NotFound("There is no such second factor; it may have been removed already.")
        if connection.execute(_COUNT, {"account": account_id}).scalar_one() == 0:
            connection.execute(_DROP_CODES, {"account": account_id})
        record_for_member(connection, account_id, origin, "account:factor:removed", {"kind": [kind, None]})


def renew_recovery_codes(account_id: str, origin: Origin) -> list[str]:
    """Replace the recovery codes, and return the new ones, to be shown this once; raises Conflict without a factor."""
    with transaction() as connection:
        _lock(connection, account_id)
        if connection.execute(_COUNT, {"account": account_id}).scalar_one() == 0:
            raise Conflict("Recovery codes come with a second factor; set one up first.")
        record_for_member(connection, account_id, origin, "account:recovery-codes:renewed", {})
        return _new_codes(connection, account_id)


def new_challenge() -> str:
    """Return what a passkey is to sign in a second step."""
    return passkeys.new_challenge()


def _added(connection: Connection, account_id: str, kind: Kind, origin: Origin, *, first: bool) -> list[str]:
    record_for_member(connection, account_id, origin, "account:factor:added", {"kind": [None, kind.value]})
    return _new_codes(connection, account_id) if first else []


def _new_codes(connection: Connection, account_id: str) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    connection.execute(_DROP_CODES, {"account": account_id})
    moment = now()
    rows = [{"account_id": account_id, "code_digest": digest(code), "created_at": moment} for code in codes]
    connection.execute(_INSERT_CODES, rows)
    return ["-".join(re.findall(r".{4}", code)) for code in codes]


def _lock(connection: Connection, account_id: str) -> None:
    """Have changes of an Account's factors wait for one another."""
    connection.execute(_LOCK, {"account": account_id})


def _require_room(connection: Connection, account_id: str) -> None:
    _lock(connection, account_id)
    if connection.execute(_COUNT, {"account": account_id}).scalar_one() >= MAX_FACTORS:
        raise Conflict(f"An account has at most {MAX_FACTORS} second factors; remove one first.")


def _row(account_id: str, factor_id: str, kind: Kind, name: str) -> dict[str, Any]:
    return {"account_id": account_id, "id": factor_id, "kind": kind.value, "name": name, "created_at": now()}


def _matching_step(key: str, digits: str) -> int | None:
    """Return the 30 seconds since 1970 whose code this is, near the present ones."""
    totp, present = pyotp.TOTP(key), int(datetime.now(UTC).timestamp()) // _STEP_SECONDS
    steps: Sequence[int] = [present + offset for offset in _WINDOW]
    return next((step for step in steps if secrets.compare_digest(totp.generate_otp(step), digits)), None)


def _digits(code: str) -> str:
    return "".join(character for character in code if character.isascii() and not character.isspace())


def _letters(code: str) -> str:
    return re.sub(r"[^a-z2-7]", "", code.lower())


def _gone() -> NotFound:
    return NotFound("That took too long, or was done already. Start again.")

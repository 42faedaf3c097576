"""Answer a repeated POST as the first one was: claim its key, do the work, remember the answer (docs/decisions/0035).

A claim is a row without an answer. Whoever inserts the row does the work; others with the same key wait until the
answer is there. A claim whose process died ends by itself.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from scim_server.database import transaction
from scim_server.idempotency.models import RememberedAnswer
from scim_server.identifiers import moment, now
from scim_server.protocol.errors import Conflict, InvalidValue, ScimError
from scim_server.sealing import Unsealable, seal, unseal

# Seconds that an answer is remembered.
REMEMBERED_FOR = 86_400
# Seconds after which a claim without an answer is another's to take; no request takes so long.
CLAIMED_FOR = 120
# Seconds after which to ask again for an answer that is not there yet.
RETRY_AFTER = 1
MAX_KEY_LENGTH = 255
HEADER = "Idempotency-Key"

_log = logging.getLogger(__name__)

_OF_KEY = (
    RememberedAnswer.organization_id == bindparam("key_organization"),
    RememberedAnswer.token_id == bindparam("key_token"),
    RememberedAnswer.key == bindparam("key_key"),
)
_INSERT = {
    "sqlite": sqlite.insert(RememberedAnswer).on_conflict_do_nothing().returning(RememberedAnswer.key),
    "postgresql": postgresql.insert(RememberedAnswer).on_conflict_do_nothing().returning(RememberedAnswer.key),
}
_FIND = select(RememberedAnswer.__table__).where(*_OF_KEY).with_for_update()
# Only as long as the claim is still this one: another may have taken it over since.
_OF_CLAIM = (*_OF_KEY, RememberedAnswer.created_at == bindparam("key_created_at"))
_REMEMBER = update(RememberedAnswer).where(*_OF_CLAIM).values(status=bindparam("status"), answer=bindparam("answer"))
_FORGET = delete(RememberedAnswer).where(*_OF_CLAIM)
_TAKE_OVER = (
    update(RememberedAnswer)
    .where(*_OF_KEY)
    .values(request_digest=bindparam("request_digest"), created_at=bindparam("created_at"), status=None, answer=None)
)
_CLEAR = delete(RememberedAnswer).where(RememberedAnswer.created_at < bindparam("limit"))


class InProgress(Conflict):
    """The first request of a key is not done yet."""

    default_detail = f"A request with this {HEADER} is being done; repeat it in a moment to have its answer."
    retry_after = RETRY_AFTER


class KeyReused(ScimError):
    """A key that was sent with another request."""

    status = 422
    default_detail = f"This {HEADER} was sent with another request; take a new key for each request."


class Caller(NamedTuple):
    """Whose keys these are: nobody else meets them."""

    organization_id: str
    token_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be given again."""

    status: int
    media_type: str
    body: bytes


def digest_of(method: str, target: str, body: bytes) -> str:
    """Return what tells one request from another; `target` is the path with its query."""
    return hashlib.sha256(b"\0".join((method.encode(), target.encode(), body))).hexdigest()


def once(caller: Caller, key: str, digest: str, work: Callable[[], Answer]) -> Answer:
    """Do the work, or return what it was answered before.

    Work that raises is forgotten: it changed nothing, and may be tried again with the same key. Raises InvalidValue
    for a key that is none, KeyReused, and InProgress while the first request is being done.
    """
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidValue(
            f"{HEADER} has 1 to {MAX_KEY_LENGTH} visible ASCII characters, such as a UUID.", field=HEADER
        )
    claimed_at = now()
    claim = {"key_organization": caller.organization_id, "key_token": caller.token_id, "key_key": key}
    found = _claim(claim, digest, claimed_at)
    if found is not None:
        return found
    claim["key_created_at"] = claimed_at
    try:
        answer = work()
    except Exception:
        _forget(claim)
        raise
    if answer.status >= 500:  # noqa: PLR2004 - HTTP statuses
        _forget(claim)
    else:
        _remember(claim, answer)
    return answer


def forget_old_answers() -> int:
    """Delete the answers that are not remembered any more; return how many. A job."""
    with transaction() as connection:
        return connection.execute(_CLEAR, {"limit": _before(REMEMBERED_FOR)}).rowcount


def _claim(claim: dict[str, str], digest: str, claimed_at: str) -> Answer | None:
    """Return the remembered answer, or None where the work is this caller's to do. Raises KeyReused, InProgress."""
    with transaction() as connection:
        row = {
            "organization_id": claim["key_organization"],
            "token_id": claim["key_token"],
            "key": claim["key_key"],
            "request_digest": digest,
            "created_at": claimed_at,
        }
        if connection.execute(_INSERT[connection.dialect.name], row).first() is not None:
            return None
        found = connection.execute(_FIND, claim).first()
        if found is None:
            # Given up since by whoever had it.
            raise InProgress
        is_old = found.created_at < _before(REMEMBERED_FOR if found.answer is not None else CLAIMED_FOR)
        if is_old:
            connection.execute(_TAKE_OVER, {**claim, "request_digest": digest, "created_at": claimed_at})
            return None
    if found.request_digest != digest:
        raise KeyReused
    if found.answer is None:
        raise InProgress
    return _opened(found.status, found.answer)


def _opened(status: int, sealed: str) -> Answer:
    try:
        media_type, body = orjson.loads(unseal(sealed))
    except Unsealable:
        raise Conflict(
            "This request was done, but its answer was sealed with a secret key that this server no longer has."
        ) from None
    return Answer(status, media_type, body.encode())


def _remember(claim: dict[str, str], answer: Answer) -> None:
    sealed = seal(orjson.dumps([answer.media_type, answer.body.decode()]).decode())
    try:
        with transaction() as connection:
            connection.execute(_REMEMBER, {**claim, "status": answer.status, "answer": sealed})
    except SQLAlchemyError as error:
        # The work is done, and its answer is true; a repetition within the time of the claim is told to wait.
        _log.warning("an answer was not remembered", exc_info=error)


def _forget(claim: dict[str, str]) -> None:
    try:
        with transaction() as connection:
            connection.execute(_FORGET, claim)
    except SQLAlchemyError as error:
        _log.warning("a claim was not given up", exc_info=error)


def _before(seconds: int) -> str:
    return moment(datetime.now(UTC) - timedelta(seconds=seconds))

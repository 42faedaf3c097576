"""Sign in with a password, and a second factor where there is one; the same answer and work whoever asks."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from scim_server.accounts import bypass, one_time, passwords, recovery, second_factors, sessions, throttling
from scim_server.accounts.members import organizations_of
from scim_server.accounts.models import Account
from scim_server.accounts.one_time import Issued, Purpose
from scim_server.accounts.policy import CODES_OF_ACCOUNT, PASSWORDS_OF_ACCOUNT, Step, after_password
from scim_server.accounts.secrets import digest
from scim_server.accounts.service import folded_email
from scim_server.accounts.sessions import AuthenticatedBy
from scim_server.accounts.sign_on import check_password_allowed, require_password
from scim_server.accounts.throttling import Try, from_address
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.protocol.errors import Unauthorized

_FIND = select(
    Account.id,
    Account.email,
    Account.password_hash,
    Account.email_proved_at,
    Account.disabled_at,
).where(Account.email_folded == bindparam("email"))
_REHASH = (
    update(Account)
    .where(Account.id == bindparam("of_account"), Account.password_hash == bindparam("before"))
    .values(password_hash=bindparam("after"))
)


class WrongCredentials(Unauthorized):
    """A password that is not this Account's, or no Account: nobody learns which."""

    default_detail = "That address and password do not belong together. Try again, or ask for a new password."


class WrongCode(Unauthorized):
    """A second factor that is not this Account's."""

    default_detail = "That code is not right. Codes change every 30 seconds, and each is good once."


class StepExpired(Unauthorized):
    """A step that comes too late, or a second time."""

    default_detail = "That took too long. Sign in again."


class EmailNotProved(Unauthorized):
    """The right password of an Account whose address nobody has proved; a mail to it is on its way."""

    default_detail = "Confirm your address first: we have sent you a mail with a link."


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that has started; `secret` is for the cookie."""

    account_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right, and a second factor is to follow; `secret` names that step."""

    secret: str


def with_password(email: str, password: str, origin: Origin, *, bypass_secret: str = "") -> Entered | SecondStep:
    """Check a password and go on as the policy says.

    `bypass_secret` is of the link that goes around single sign-on, which is good for its Organization alone. Raises
    SignOnRequired, WrongCredentials, EmailNotProved, TooManyRequests, Unavailable where too many passwords are being
    checked.
    """
    key_digest = digest(bypass_secret) if bypass_secret else None
    check_password_allowed(email, key_digest=key_digest)
    tries = (Try(PASSWORDS_OF_ACCOUNT, folded_email(email)), from_address(origin.ip_address))
    throttling.take(*tries)
    with reading() as connection:
        row = connection.execute(_FIND, {"email": folded_email(email)}).first()
    verified = passwords.verify(password, row.password_hash if row is not None else None)
    step = after_password(
        matches=verified.matches,
        is_disabled=row is not None and row.disabled_at is not None,
        is_email_proved=row is not None and row.email_proved_at is not None,
        # Asked only then, so that no Account takes longer than none.
        has_second_factor=row is not None and verified.matches and second_factors.has_any(row.id),
    )
    if row is None or step is Step.REFUSE:
        raise WrongCredentials
    throttling.succeeded(*tries)
    with transaction() as connection:
        if verified.new_hash is not None:
            bound = {"of_account": row.id, "before": row.password_hash, "after": verified.new_hash}
            connection.execute(_REHASH, bound)
        entered = _go_on(connection, row, step, origin, key_digest)
    if entered is None:
        raise EmailNotProved
    return entered


def pending(secret: str) -> Issued | None:
    """Return the second step that a secret names, None where it is over."""
    issued = one_time.peek(Purpose.SECOND_FACTOR, secret)
    return issued if issued is not None and issued.account_id is not None else None


def with_code(secret: str, code: str, origin: Origin) -> Entered:
    """Finish signing in with a code of an authenticator or a recovery code.

    Raises StepExpired, WrongCode, TooManyRequests.
    """
    issued = _pending(secret)
    tried = _try_code(issued, origin)
    with transaction() as connection:
        by = second_factors.accept_code(connection, str(issued.account_id), code)
        if by is None:
            raise WrongCode
        entered = _finish(connection, secret, by, origin)
    throttling.succeeded(*tried)
    return entered


def with_passkey(secret: str, credential: str, origin: Origin) -> Entered:
    """Finish signing in with what a passkey signed for this step; raises StepExpired, WrongCode, TooManyRequests."""
    issued = _pending(secret)
    tried = _try_code(issued, origin)
    with transaction() as connection:
        challenge = str(issued.data.get("challenge", ""))
        if not second_factors.accept_passkey(connection, str(issued.account_id), credential, challenge):
            raise WrongCode("That passkey is not one of yours. Try another way.")
        entered = _finish(connection, secret, AuthenticatedBy.PASSWORD_AND_PASSKEY, origin)
    throttling.succeeded(*tried)
    return entered


def _go_on(
    connection: Connection, row: Any, step: Step, origin: Origin, key_digest: str | None
) -> Entered | SecondStep | None:
    if step is Step.PROVE_EMAIL:
        recovery.send_proof(connection, row.id, row.email)
        return None
    if step is Step.SECOND_FACTOR:
        data = {"challenge": second_factors.new_challenge(), "email": row.email, "bypass": key_digest}
        return SecondStep(one_time.issue(connection, Purpose.SECOND_FACTOR, row.id, data))
    return _entered(connection, row.id, row.email, key_digest, AuthenticatedBy.PASSWORD, origin)


def _pending(secret: str) -> Issued:
    issued = pending(secret)
    if issued is None:
        raise StepExpired
    return issued


def _try_code(issued: Issued, origin: Origin) -> tuple[Try, Try]:
    tries = (Try(CODES_OF_ACCOUNT, str(issued.account_id)), from_address(origin.ip_address))
    throttling.take(*tries)
    return tries


def _finish(connection: Connection, secret: str, by: AuthenticatedBy, origin: Origin) -> Entered:
    """Use the step up and start the session."""
    issued = one_time.use(connection, Purpose.SECOND_FACTOR, secret)
    if issued is None or issued.account_id is None:
        raise StepExpired
    email, key_digest = str(issued.data["email"]), issued.data["bypass"]
    return _entered(connection, issued.account_id, email, key_digest, by, origin)


def _entered(
    connection: Connection, account_id: str, email: str, key_digest: str | None, by: AuthenticatedBy, origin: Origin
) -> Entered:
    """Start the session: of all the person's Organizations, or by a bypass key of its Organization alone."""
    organization_id = require_password(connection, email, key_digest=key_digest)
    if organization_id is not None:
        if not organizations_of(account_id, organization_id):
            raise WrongCredentials
        bypass.note_use(connection, organization_id, account_id, origin)
    secret = sessions.start(connection, account_id, origin, authenticated_by=by, organization_id=organization_id)
    return Entered(account_id, secret)

"""A forgotten password, and the proof of an address: one-time links by mail, whose base is the public URL alone."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from scim_server.accounts import one_time, passwords, sessions, throttling
from scim_server.accounts.links import LinkEnded, link
from scim_server.accounts.members import record_for_member
from scim_server.accounts.models import Account
from scim_server.accounts.one_time import Purpose
from scim_server.accounts.policy import MAILS_TO_ACCOUNT
from scim_server.accounts.service import AccountRecord, find_account, find_by_email, folded_email
from scim_server.accounts.sign_on import check_password_allowed, require_password
from scim_server.accounts.throttling import Try, from_address
from scim_server.audit.service import Origin
from scim_server.database import transaction
from scim_server.identifiers import now
from scim_server.outbox.mail import compose
from scim_server.outbox.service import enqueue_mail
from scim_server.protocol.errors import Conflict
from scim_server.sealing import seal

_OF_ACCOUNT = Account.id == bindparam("of_account")
_LOCK = select(Account.id, Account.password_hash, Account.disabled_at).where(_OF_ACCOUNT).with_for_update()
_SET_PASSWORD = (
    update(Account)
    .where(_OF_ACCOUNT)
    .values(
        password_hash=bindparam("hash"),
        password_changed_at=bindparam("now"),
        email_proved_at=bindparam("now"),
        modified_at=bindparam("now"),
    )
)
_PROVE = update(Account).where(_OF_ACCOUNT).values(email_proved_at=bindparam("now"), modified_at=bindparam("now"))


def ask_for_reset(email: str, origin: Origin) -> None:
    """Send a link that sets a new password, to an Account that has one; for any other address do as much and send none.

    Whoever enters by an identity provider alone keeps no password beside it. Raises SignOnRequired, TooManyRequests.
    """
    check_password_allowed(email)
    throttling.take(Try(MAILS_TO_ACCOUNT, folded_email(email)), from_address(origin.ip_address))
    account = find_by_email(email)
    entitled = account is not None and account.has_password and account.disabled_at is None
    with transaction() as connection:
        if account is not None and entitled:
            one_time.revoke(connection, Purpose.RESET_PASSWORD, account.id)
        secret = one_time.issue(connection, Purpose.RESET_PASSWORD, account.id if account and entitled else None, {})
        mail = compose(
            "password_reset",
            account.email if account and entitled else "nobody@localhost.invalid",
            "Choose a new password",
            link=link("/password/reset", secret),
        )
        if entitled:
            enqueue_mail(connection, None, mail)
        else:
            seal(mail.html)


def require_open(purpose: Purpose, secret: str) -> None:
    """Raise LinkEnded where a link leads nowhere; it is not used up."""
    if one_time.peek(purpose, secret) is None:
        raise LinkEnded


def account_of_reset(secret: str) -> AccountRecord:
    """Return whose password a link sets; raises LinkEnded, SignOnRequired."""
    issued = one_time.peek(Purpose.RESET_PASSWORD, secret)
    account = find_account(issued.account_id) if issued is not None and issued.account_id else None
    if account is None:
        raise LinkEnded
    check_password_allowed(account.email)
    return account


def reset_password(secret: str, password: str, origin: Origin) -> None:
    """Set a new password by a link, once, and end all sessions; a second factor is still asked for at sign-in.

    Raises LinkEnded, SignOnRequired, WeakPassword, Unavailable.
    """
    account = account_of_reset(secret)
    passwords.require_good(password, context_of(account))
    hashed = passwords.hash_password(password)
    with transaction() as connection:
        if one_time.use(connection, Purpose.RESET_PASSWORD, secret) is None:
            raise LinkEnded
        require_password(connection, account.email)
        set_password(connection, account.id, hashed, origin)


def set_password(
    connection: Connection, account_id: str, hashed: str, origin: Origin, *, but_session: str | None = None
) -> None:
    """Store a new password hash; other links that set one and all sessions, `but_session` excepted, end with it."""
    locked = connection.execute(_LOCK, {"of_account": account_id}).one()
    if locked.disabled_at is not None:
        raise Conflict("This account is disabled; ask whoever runs this server.")
    connection.execute(_SET_PASSWORD, {"of_account": account_id, "hash": hashed, "now": now()})
    for purpose in (Purpose.RESET_PASSWORD, Purpose.SECOND_FACTOR):
        one_time.revoke(connection, purpose, account_id)
    sessions.end_all(connection, account_id, but=but_session)
    record_for_member(connection, account_id, origin, "account:password:changed", {})


def send_proof(connection: Connection, account_id: str, email: str) -> None:
    """Send a link that proves the Account's address; earlier ones end."""
    one_time.revoke(connection, Purpose.PROVE_EMAIL, account_id)
    secret = one_time.issue(connection, Purpose.PROVE_EMAIL, account_id, {"email": email})
    mail = compose("email_proof", email, "Confirm your address", link=link("/email/proof", secret))
    enqueue_mail(connection, None, mail)


def prove_email(secret: str) -> None:
    """Note that mail to the Account's address reaches its person; raises LinkEnded, also for an earlier address."""
    with transaction() as connection:
        issued = one_time.use(connection, Purpose.PROVE_EMAIL, secret)
        account = find_account(issued.account_id) if issued is not None and issued.account_id else None
        if issued is None or account is None or account.email != issued.data.get("email"):
            raise LinkEnded
        note_proof(connection, account.id)


def note_proof(connection: Connection, account_id: str) -> None:
    """Note that a secret came back which was sent to the Account's address alone."""
    connection.execute(_PROVE, {"of_account": account_id, "now": now()})


def context_of(account: AccountRecord) -> Sequence[str]:
    """Return what others know of a person, which is no good password."""
    return (account.email, account.name)

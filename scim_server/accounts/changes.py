"""What a person changes on their own Account. A session of one Organization cannot: none may change an Account."""

from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from scim_server.accounts import one_time, passwords, sessions, throttling
from scim_server.accounts.links import LinkEnded, link, public_url
from scim_server.accounts.members import record_for_member
from scim_server.accounts.models import Account
from scim_server.accounts.one_time import Purpose
from scim_server.accounts.policy import MAILS_TO_ACCOUNT, PASSWORDS_OF_ACCOUNT
from scim_server.accounts.recovery import context_of, set_password
from scim_server.accounts.service import AccountRecord, checked_name, find_account, find_by_email, normal_email
from scim_server.accounts.sessions import SignedIn
from scim_server.accounts.throttling import Try, from_address
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.outbox.mail import compose
from scim_server.outbox.service import enqueue_mail
from scim_server.protocol.errors import Forbidden, InvalidValue, Unauthorized
from scim_server.protocol.values import fold

_OF_ACCOUNT = Account.id == bindparam("of_account")
_HASH = select(Account.password_hash).where(_OF_ACCOUNT)
_LOCK = select(Account.id).where(_OF_ACCOUNT).with_for_update()
_RENAME = update(Account).where(_OF_ACCOUNT).values(name=bindparam("called"), modified_at=bindparam("now"))
_CHANGE_EMAIL = (
    update(Account)
    .where(_OF_ACCOUNT)
    .values(
        email=bindparam("address"),
        email_folded=bindparam("folded"),
        email_proved_at=bindparam("now"),
        modified_at=bindparam("now"),
    )
)


class SessionOfOneOrganization(Forbidden):
    """A change of the Account by a session that one Organization's identity provider vouched for."""

    default_detail = (
        "You are signed in by your Organization, which can show who you are there and no more. "
        "Sign in with your password to change your account."
    )


class NotRecent(Unauthorized):
    """A change of what protects the Account, by a session whose person showed who they are too long ago."""

    default_detail = "Show once more that it is you: type your password."


def own_account(signed_in: SignedIn) -> AccountRecord:
    """Return the Account of a session that may change it; raises SessionOfOneOrganization."""
    if signed_in.organization_id is not None:
        raise SessionOfOneOrganization
    account = find_account(signed_in.account_id)
    assert account is not None, "a session goes with its Account"
    return account


def require_recent(signed_in: SignedIn) -> AccountRecord:
    """Return the Account where the session may change what protects it; raises NotRecent too."""
    account = own_account(signed_in)
    if not signed_in.is_recent:
        raise NotRecent
    return account


def confirm_password(signed_in: SignedIn, password: str, origin: Origin) -> str:
    """Note that the person has shown again who they are, and return the session's new secret.

    Raises InvalidValue for a wrong password, TooManyRequests, Unavailable.
    """
    account = own_account(signed_in)
    tries = (Try(PASSWORDS_OF_ACCOUNT, fold(account.email)), from_address(origin.ip_address))
    throttling.take(*tries)
    with reading() as connection:
        stored = connection.execute(_HASH, {"of_account": account.id}).scalar()
    if not passwords.verify(password, stored).matches:
        raise InvalidValue("That is not your password.", field="password")
    throttling.succeeded(*tries)
    with transaction() as connection:
        secret = sessions.reauthenticate(connection, signed_in.session_id)
    if secret is None:
        raise Unauthorized("Your session has ended. Sign in again.")
    return secret


def rename(signed_in: SignedIn, name: str) -> None:
    """Change the person's name; raises InvalidValue."""
    account, called = own_account(signed_in), checked_name(name)
    with transaction() as connection:
        connection.execute(_RENAME, {"of_account": account.id, "called": called, "now": now()})


def change_password(signed_in: SignedIn, password: str, origin: Origin) -> str:
    """Set another password, end all other sessions, and return this one's new secret; a mail tells the person.

    Raises NotRecent, WeakPassword, Unavailable.
    """
    account = require_recent(signed_in)
    passwords.require_good(password, context_of(account))
    hashed = passwords.hash_password(password)
    with transaction() as connection:
        set_password(connection, account.id, hashed, origin, but_session=signed_in.session_id)
        _tell(connection, account.email, "Your password was changed", "The password of your account was changed.")
        secret = sessions.rotate(connection, signed_in.session_id)
    if secret is None:
        raise Unauthorized("Your session has ended. Sign in again.")
    return secret


def ask_to_change_email(signed_in: SignedIn, email: str) -> str:
    """Send a link to the old and to the new address, and return the new one; the change is made once both were used.

    Raises NotRecent, InvalidValue, TooManyRequests.
    """
    account, address = require_recent(signed_in), normal_email(email)
    if fold(address) == fold(account.email):
        raise InvalidValue("That is your address already.", field="email")
    throttling.take(Try(MAILS_TO_ACCOUNT, fold(account.email)), Try(MAILS_TO_ACCOUNT, fold(address)))
    with transaction() as connection:
        one_time.revoke(connection, Purpose.CHANGE_EMAIL, account.id)
        for is_new, recipient in ((False, account.email), (True, address)):
            data = {"old": account.email, "new": address, "isNew": is_new}
            secret = one_time.issue(connection, Purpose.CHANGE_EMAIL, account.id, data)
            mail = compose(
                "email_change",
                recipient,
                "Change of your sign-in address",
                new_email=address,
                is_new=is_new,
                link=link("/email/change", secret),
            )
            enqueue_mail(connection, None, mail)
    return address


def confirm_email_change(secret: str, origin: Origin) -> bool:
    """Use one of the two links; return whether the other one was used before, so that the address is another now.

    Raises LinkEnded, also where the address changed otherwise meanwhile or the new one has an Account by now.
    """
    with transaction() as connection:
        issued = one_time.use(connection, Purpose.CHANGE_EMAIL, secret)
        if issued is None or issued.account_id is None:
            raise LinkEnded
        connection.execute(_LOCK, {"of_account": issued.account_id})
        account = find_account(issued.account_id)
        data: Any = issued.data
        if account is None or account.email != data["old"]:
            raise LinkEnded
        if one_time.is_open(connection, Purpose.CHANGE_EMAIL, issued.account_id):
            return False
        if find_by_email(data["new"]) is not None:
            raise LinkEnded("The new address has an account of its own by now, so yours keeps its address.")
        bound = {"of_account": account.id, "address": data["new"], "folded": fold(data["new"]), "now": now()}
        connection.execute(_CHANGE_EMAIL, bound)
        for purpose in (Purpose.RESET_PASSWORD, Purpose.PROVE_EMAIL):
            one_time.revoke(connection, purpose, account.id)
        told = f"The sign-in address of your account is {data['new']} now."
        _tell(connection, account.email, "Your sign-in address was changed", told)
        changes = {"email": [account.email, data["new"]]}
        record_for_member(connection, account.id, origin, "account:email:changed", changes)
    return True


def _tell(connection: Connection, email: str, subject: str, text: str) -> None:
    """Tell the person of a change, at the address that they had before it."""
    mail = compose("account_notice", email, subject, text=text, link=f"{public_url()}/password/forgotten")
    enqueue_mail(connection, None, mail)

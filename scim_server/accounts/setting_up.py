"""The operator's part: a link by which a person gets into an Account without mail, and Accounts switched off."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, column, select, table, update
from sqlalchemy.types import Text

from scim_server.accounts import one_time, passwords, sessions
from scim_server.accounts.links import LinkEnded, link
from scim_server.accounts.members import link_user
from scim_server.accounts.models import Account
from scim_server.accounts.one_time import Purpose
from scim_server.accounts.recovery import set_password
from scim_server.accounts.service import AccountRecord, find_by_email, insert_account
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.protocol.errors import NotFound

_organizations = table("organizations", column("id", Text()), column("name", Text()))
_NAME = select(_organizations.c.name).where(_organizations.c.id == bindparam("organization"))
_SWITCH = update(Account).where(Account.id == bindparam("of_account")).values(disabled_at=bindparam("at"))


@dataclass(frozen=True, slots=True)
class Offer:
    """Whose link it is, and to which Organization it leads; `account` is None where it will be made."""

    email: str
    organization_name: str
    account: AccountRecord | None


class Accepted(NamedTuple):
    """The User whose person has a login now, and whose Account it is."""

    organization_id: str
    user_id: str
    account_id: str


def offer(connection: Connection, organization_id: str, user_id: str, email: str) -> str:
    """Return a link, in the caller's transaction, by which a User's person chooses a password; good once, for a day."""
    data = {"organization": organization_id, "user": user_id, "email": email}
    return link("/set-up", one_time.issue(connection, Purpose.SET_UP, None, data))


def look(secret: str) -> Offer:
    """Return whose link it is, and use nothing up; raises LinkEnded."""
    issued = one_time.peek(Purpose.SET_UP, secret)
    if issued is None:
        raise LinkEnded
    email = str(issued.data["email"])
    with reading() as connection:
        name = connection.execute(_NAME, {"organization": issued.data["organization"]}).scalar()
    if name is None:
        raise LinkEnded
    return Offer(email, name, find_by_email(email))


def accept(secret: str, *, name: str, password: str, origin: Origin) -> Accepted:
    """Make the Account, or give the one that there is another password, and link the User to it, whom it returns.

    Signing in with it comes after, by the rules of every login. Raises LinkEnded, WeakPassword, NotLinked,
    InvalidValue for a name, Conflict for an Account that is switched off.
    """
    offered = look(secret)
    account = offered.account
    passwords.require_good(password, (offered.email, account.name if account else name))
    hashed = passwords.hash_password(password)
    with transaction() as connection:
        issued = one_time.use(connection, Purpose.SET_UP, secret)
        if issued is None:
            raise LinkEnded
        if account is None:
            account_id = insert_account(
                connection, email=offered.email, name=name, password_hash=hashed, is_proved=True
            )
        else:
            account_id = account.id
            set_password(connection, account_id, hashed, origin)
        accepted = Accepted(str(issued.data["organization"]), str(issued.data["user"]), account_id)
        link_user(connection, *accepted)
        return accepted


def switch(email: str, *, off: bool) -> None:
    """Switch an Account off, which ends its sessions at once, or on again; raises NotFound."""
    account = find_by_email(email)
    if account is None:
        raise NotFound(f"There is no account {email!r}.")
    with transaction() as connection:
        connection.execute(_SWITCH, {"of_account": account.id, "at": now() if off else None})
        if off:
            sessions.end_all(connection, account.id)

"""Accounts: make, find and change them. No Organization can do any of it, only the person and the operator."""

from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from scim_server.accounts.models import Account, Identity
from scim_server.database import reading
from scim_server.identifiers import new_id, now
from scim_server.protocol.errors import InvalidValue, Uniqueness
from scim_server.protocol.values import fold

MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An Account, without what it is recognised by."""

    id: str
    email: str
    name: str
    has_password: bool
    email_proved_at: str | None
    disabled_at: str | None


_RECORD = select(
    Account.id,
    Account.email,
    Account.name,
    Account.password_hash.is_not(None).label("has_password"),
    Account.email_proved_at,
    Account.disabled_at,
)
_BY_ID = _RECORD.where(Account.id == bindparam("account"))
_BY_EMAIL = _RECORD.where(Account.email_folded == bindparam("email"))
_BY_IDENTITY = _RECORD.join(Identity, Identity.account_id == Account.id).where(
    Identity.issuer == bindparam("issuer"), Identity.subject == bindparam("subject")
)
_ANY = select(Account.id).limit(1)
# Of two at once for one address, one writes nothing.
_INSERT = {
    "sqlite": sqlite.insert(Account).on_conflict_do_nothing().returning(Account.id),
    "postgresql": postgresql.insert(Account).on_conflict_do_nothing().returning(Account.id),
}


def has_accounts() -> bool:
    """Tell whether anybody can sign in to this server at all."""
    with reading() as connection:
        return connection.execute(_ANY).first() is not None


def normal_email(text: str) -> str:
    """Return an address in its one form: NFC, its domain in the ASCII form (IDNA). Raises InvalidValue.

    The local part keeps its letter case, as mail goes there; `fold` compares. Invitations write addresses alike.
    """
    try:
        # Mail inside a company may go to names that the internet does not know.
        found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise InvalidValue("This is no e-mail address.", field="email") from None
    return f"{found.local_part}@{found.ascii_domain}"


def folded_email(text: str) -> str:
    """Return an address as it is compared; what is no address is folded as it is, as anything may be typed in."""
    try:
        return fold(normal_email(text))
    except InvalidValue:
        return fold(text.strip())


def checked_name(text: str) -> str:
    """Return a person's name as one line; raises InvalidValue."""
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")
    return name


def insert_account(
    connection: Connection, *, email: str, name: str, password_hash: str | None = None, is_proved: bool
) -> str:
    """Write a new Account and return its id; raises InvalidValue, and Uniqueness where the address has one.

    `is_proved` says that mail to the address is known to reach the person.
    """
    email, moment = normal_email(email), now()
    row: dict[str, Any] = {
        "id": new_id(),
        "email": email,
        "email_folded": fold(email),
        "email_proved_at": moment if is_proved else None,
        "name": checked_name(name),
        "password_hash": password_hash,
        "password_changed_at": moment if password_hash else None,
        "created_at": moment,
        "modified_at": moment,
    }
    if connection.execute(_INSERT[connection.dialect.name], row).first() is None:
        raise Uniqueness("There is an account with this address already; sign in with it.", field="email")
    return str(row["id"])


def find_account(account_id: str) -> AccountRecord | None:
    """Return the Account of this id."""
    return _found(_BY_ID, {"account": account_id})


def find_by_email(email: str) -> AccountRecord | None:
    """Return the Account with this address, without regard to letter case; None also for what is no address."""
    return _found(_BY_EMAIL, {"email": folded_email(email)})


def find_by_identity(issuer: str, subject: str) -> AccountRecord | None:
    """Return the Account that an identity provider's subject is linked to."""
    return _found(_BY_IDENTITY, {"issuer": issuer, "subject": subject})


def _found(statement: Any, bound: dict[str, str]) -> AccountRecord | None:
    with reading() as connection:
        row = connection.execute(statement, bound).first()
    return None if row is None else AccountRecord(*row)

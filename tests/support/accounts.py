"""People who can sign in: an Account, the Users that it is, what it is recognised by, and the mail that it gets."""

import re
import uuid
from functools import cache
from pathlib import Path

import orjson
from flask import Flask
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from scim_server.accounts.members import link_user
from scim_server.accounts.service import insert_account
from scim_server.accounts.sessions import AuthenticatedBy, start
from scim_server.audit.service import ActorType, Origin
from scim_server.database import reading, transaction
from scim_server.outbox.models import OutboxMessage
from scim_server.sealing import unseal

PASSWORD = "correct horse battery staple"


def address(name: str = "bob") -> str:
    """Return an address that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:10]}@acme.example"


def browser() -> Origin:
    """Return a browser at a network address of its own, so that tests do not throttle each other."""
    return Origin(
        ActorType.USER, ip_address=f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::7", user_agent="B"
    )


# Hashing is slow on purpose; what these tests are about is not its time.
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def hash_cheaply(app: Flask) -> None:
    """Let an application of this process hash passwords with parameters that cost nothing."""
    app.extensions["passwords"].hasher = CHEAP


@cache
def hashed(password: str) -> str:
    """Return a password's hash."""
    return CHEAP.hash(password)


def make_account(
    email: str, *, name: str = "Some Body", password: str | None = PASSWORD, is_proved: bool = True
) -> str:
    """Write an Account and return its id."""
    password_hash = hashed(password) if password else None
    with transaction() as connection:
        return insert_account(connection, email=email, name=name, password_hash=password_hash, is_proved=is_proved)


def link(organization_id: str, user_id: str, account_id: str) -> None:
    """Make an Account's person a User."""
    with transaction() as connection:
        link_user(connection, organization_id, user_id, account_id)


def sign_in(account_id: str, organization_id: str | None = None) -> str:
    """Start a session, as a login would: of all Organizations with a password, of one by its identity provider."""
    by = AuthenticatedBy.PASSWORD if organization_id is None else AuthenticatedBy.OIDC
    origin = Origin(ActorType.USER, ip_address="192.0.2.7", user_agent="A browser")
    with transaction() as connection:
        return start(connection, account_id, origin, authenticated_by=by, organization_id=organization_id)


def mails_to(email: str) -> list[tuple[str, str]]:
    """Return subject and text of all mails that wait for an address, the oldest first."""
    statement = (
        select(OutboxMessage.subject, OutboxMessage.payload)
        .where(OutboxMessage.recipient == email)
        .order_by(OutboxMessage.id)
    )
    with reading() as connection:
        rows = connection.execute(statement).all()
    return [(row.subject, orjson.loads(unseal(row.payload or ""))[0]) for row in rows]


def link_in(text: str) -> str:
    """Return the path of the one link in a mail."""
    (found,) = set(re.findall(r"https?://[^/\s]+(/\S+)", text))
    return str(found)


def secret_of(path: str) -> str:
    """Return the secret at the end of a link."""
    return Path(path).name

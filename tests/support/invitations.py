"""What the invited see: the newest mail to an address, its link, and the answers that the link gives."""

import re
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Any

import orjson
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from scim_server.accounts.service import find_by_email
from scim_server.database import reading
from scim_server.invitations import answers
from scim_server.outbox.models import OutboxMessage
from scim_server.protocol.errors import ScimError, Uniqueness
from scim_server.sealing import unseal
from tests.support.accounts import make_account, sign_in

_LINK = re.compile(r"^(https?://\S+/invitations/)(\S+)$", re.MULTILINE)
JSON = {"Accept": "application/json"}


def mails_to(organization_id: str, address: str) -> list[tuple[str, str]]:
    """Return text and HTML of the mails that wait for an address, the oldest first."""
    statement = (
        select(OutboxMessage.payload)
        .where(OutboxMessage.organization_id == organization_id, OutboxMessage.recipient == address)
        .order_by(OutboxMessage.created_at, OutboxMessage.id)
    )
    with reading() as connection:
        payloads = connection.execute(statement).scalars().all()
    return [tuple(orjson.loads(unseal(payload))) for payload in payloads if payload is not None]


def link_in(text: str) -> str:
    """Return the link that stands in the text of a mail."""
    found = _LINK.search(text)
    assert found is not None, text
    return found[0]


def token_in(text: str) -> str:
    """Return the token of the link that stands in the text of a mail."""
    return link_in(text).rpartition("/")[2]


def newest_token(organization_id: str, address: str) -> str:
    """Return the token of the newest mail to an address."""
    return token_in(mails_to(organization_id, address)[-1][0])


def look(app: Flask, token: str, **headers: str) -> TestResponse:
    """Follow a link, as a program does unless another Accept is given."""
    client = app.test_client()
    return Context().run(lambda: client.get(f"/invitations/{token}", headers={**JSON, **headers}))


def person_of(app: Flask, token: str) -> FlaskClient:
    """Return a browser where the person of an open invitation is signed in; nobody is where it is over."""
    client = app.test_client()
    with app.app_context(), suppress(ScimError):
        email = answers.preview(token).email
        with suppress(Uniqueness):
            make_account(email, password=None)
        account = find_by_email(email)
        assert account is not None
        client.set_cookie("signed_in", sign_in(account.id))
    return client


def answer(app: Flask, token: str, chosen: str = "accept", **arguments: Any) -> TestResponse:
    """Accept or reject by a link, as a program does for its person, who is signed in."""
    client = person_of(app, token)
    send = partial(client.post, f"/invitations/{token}", json={"inviteStatus": chosen}, headers=JSON, **arguments)
    # Outside the test's own application context, or requests would share who is signed in.
    return Context().run(send)

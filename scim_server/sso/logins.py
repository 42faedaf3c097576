"""A login from the browser's leaving to its return: begun once, finished once, by the same browser.

The calls to the identity provider stand between the transactions, never in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Flask, current_app
from sqlalchemy import bindparam, delete, insert

from scim_server.accounts import throttling
from scim_server.accounts.policy import SIGN_ONS_OF_ADDRESS
from scim_server.accounts.secrets import digest, is_plausible, new_secret
from scim_server.accounts.throttling import Try, from_address
from scim_server.audit.service import Origin
from scim_server.database import transaction
from scim_server.identifiers import moment, now
from scim_server.outbound.client import outbound
from scim_server.protocol.errors import NotFound
from scim_server.sealing import seal, unseal
from scim_server.sso import confirming, store
from scim_server.sso.configuration import Configuration, find_configuration
from scim_server.sso.confirming import Asked
from scim_server.sso.entering import Entered, Refused, login_by_identity
from scim_server.sso.errors import Disbelieved
from scim_server.sso.models import SsoLogin
from scim_server.sso.person import Person
from scim_server.sso.provider import Challenge, Provider, new_challenge

_EXTENSION = "sso"
# How long a person may take at the identity provider.
LIFETIME = timedelta(minutes=10)
HOME = "/me"
MAX_PATH_LENGTH = 2_048

_INSERT = insert(SsoLogin)
_TAKE = (
    delete(SsoLogin)
    .where(
        SsoLogin.state_digest == bindparam("state"),
        SsoLogin.browser_digest == bindparam("browser"),
        SsoLogin.connection_id == bindparam("connection"),
        SsoLogin.expires_at > bindparam("now"),
    )
    .returning(SsoLogin.purpose, SsoLogin.next_path, SsoLogin.account_id, SsoLogin.nonce, SsoLogin.verifier)
)
_FORGET = delete(SsoLogin).where(SsoLogin.expires_at <= bindparam("now"))


class Purpose(StrEnum):
    """What a login is for."""

    LOGIN = "login"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that was begun: where the browser goes, and the secret that it keeps in a cookie meanwhile."""

    url: str
    browser_secret: str = field(repr=False)
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that worked: whom the provider named, with all its claims, and the Account of whoever tested."""

    configuration: Configuration
    account_id: str
    person: Person
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a login, and where the browser goes then, on this server."""

    outcome: Entered | Refused | Tested | Asked
    next_path: str


def set_up_sso(app: Flask) -> None:
    """Keep what this worker knows of identity providers: their addresses and keys."""
    app.extensions[_EXTENSION] = {}


def begin(
    connection_id: str,
    redirect_uri: str,
    *,
    origin: Origin,
    purpose: Purpose = Purpose.LOGIN,
    next_path: str = HOME,
    account_id: str | None = None,
    login_hint: str | None = None,
) -> Begun:
    """Begin a login by a Connection.

    `account_id` is who is signed in and tests it. Raises NotFound where nobody can sign in by it, TooManyRequests,
    ProviderUnavailable and Disbelieved.
    """
    throttling.take(_from(origin))
    configuration = find_configuration(connection_id)
    if purpose is Purpose.LOGIN and not configuration.is_active:
        raise NotFound("There is no such sign-in address.")
    challenge, browser_secret, at = new_challenge(), new_secret(), datetime.now(UTC)
    url = provider_of(configuration).authorization_url(challenge, redirect_uri, login_hint=login_hint)
    row = {
        "state_digest": digest(challenge.state),
        "browser_digest": digest(browser_secret),
        "organization_id": configuration.organization_id,
        "connection_id": connection_id,
        "purpose": purpose.value,
        "next_path": local_path(next_path),
        "account_id": account_id,
        "nonce": challenge.nonce,
        "verifier": seal(challenge.verifier),
        "created_at": moment(at),
        "expires_at": moment(at + LIFETIME),
    }
    with transaction() as connection:
        connection.execute(_FORGET, {"now": now()})
        connection.execute(_INSERT, row)
    return Begun(url, browser_secret, challenge.state)


def finish(
    connection_id: str, redirect_uri: str, parameters: Mapping[str, str], browser_secret: str, origin: Origin
) -> Finished:
    """Finish the login that the browser comes back from, once.

    Raises NotFound, TooManyRequests, ProviderUnavailable and Disbelieved.
    """
    throttling.take(_from(origin))
    configuration = find_configuration(connection_id)
    state = parameters.get("state", "")
    if not (is_plausible(state) and is_plausible(browser_secret)):
        raise Disbelieved("The answer belongs to no login of this browser.")
    bound = {"state": digest(state), "browser": digest(browser_secret), "connection": connection_id, "now": now()}
    with transaction() as connection:
        row = connection.execute(_TAKE, bound).first()
    if row is None:
        raise Disbelieved("The answer belongs to no login of this browser, or comes too late, or again.")
    challenge = Challenge(state, row.nonce, unseal(row.verifier))
    login = provider_of(configuration).login(parameters, challenge, redirect_uri)
    # Both parts of it, as it was begun and as it came back.
    throttling.succeeded(_from(origin), _from(origin))
    if row.purpose == Purpose.TEST:
        return Finished(Tested(configuration, row.account_id, login.person, login.claims), row.next_path)
    if not find_configuration(connection_id).is_active:  # switched off while the person was away
        raise Disbelieved("Nobody signs in by this Connection any more.")
    outcome: Entered | Refused | Asked = login_by_identity(
        configuration.organization_id, connection_id, login.person, origin, id_token=login.id_token
    )
    if isinstance(outcome, Refused) and outcome.may_confirm:
        outcome = confirming.ask(configuration.organization_id, connection_id, login.person, origin)
    return Finished(outcome, row.next_path)


def end_by_provider(connection_id: str, token: str) -> int:
    """End the sessions that a logout token names, and return how many (OpenID Connect Back-Channel Logout).

    Raises NotFound, ProviderUnavailable and Disbelieved.
    """
    configuration = find_configuration(connection_id)
    logout = provider_of(configuration).logout(token)
    with transaction() as connection:
        return store.end_sessions(connection, configuration.organization_id, configuration.issuer, logout)


def _from(origin: Origin) -> Try:
    return from_address(origin.ip_address, SIGN_ONS_OF_ADDRESS)


def local_path(text: str) -> str:
    """Return a path on this server as it was asked for, or home for anything that leads elsewhere (WB03)."""
    is_plain = len(text) <= MAX_PATH_LENGTH and text.isascii() and text.isprintable() and "\\" not in text
    return text if is_plain and text.startswith("/") and not text.startswith("//") else HOME


def provider_of(configuration: Configuration) -> Provider:
    """Return the provider as this worker knows it; another one once its settings have changed."""
    known: dict[str, Provider] = current_app.extensions[_EXTENSION]
    client, found = configuration.client(), known.get(configuration.connection_id)
    if found is None or found.client != client:
        found = known[configuration.connection_id] = Provider(client, outbound())
    return found

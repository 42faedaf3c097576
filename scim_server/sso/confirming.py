"""A login whose address nobody vouches for: whoever signed in shows by mail that the mailbox is theirs (product.md §2).

The link is bound to the Connection, the identity, the address and the browser: somebody else's mailbox, or somebody
else's click, links nothing.
"""

import hmac
from dataclasses import asdict, dataclass, field
from typing import Any

from scim_server.accounts import one_time, throttling
from scim_server.accounts.links import LinkEnded, link
from scim_server.accounts.one_time import Issued, Purpose
from scim_server.accounts.policy import MAILS_TO_ACCOUNT
from scim_server.accounts.secrets import digest, new_secret
from scim_server.accounts.service import folded_email
from scim_server.accounts.throttling import Try, from_address
from scim_server.audit.service import Origin
from scim_server.database import transaction
from scim_server.outbox.mail import compose
from scim_server.outbox.service import enqueue_mail
from scim_server.protocol.errors import Forbidden
from scim_server.sso.configuration import find_configuration
from scim_server.sso.entering import Entered, Refused, login_by_identity
from scim_server.sso.person import Person
from scim_server.sso.preview import organization_name

_PATH = "/login/confirm"


class OtherBrowser(Forbidden):
    """A link that was opened elsewhere than where the login began."""

    default_detail = "Open this link in the browser in which you signed in, or sign in again here."


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail that is on its way; `browser_secret` is for the browser that signed in, alone."""

    email: str
    browser_secret: str = field(repr=False)


def ask(organization_id: str, connection_id: str, person: Person, origin: Origin) -> Asked:
    """Send the mail to the address that the identity provider says; raises TooManyRequests."""
    assert person.email is not None, "nobody confirms without an address"
    throttling.take(Try(MAILS_TO_ACCOUNT, folded_email(person.email)), from_address(origin.ip_address))
    browser_secret = new_secret()
    data = {
        "organization": organization_id,
        "connection": connection_id,
        "person": asdict(person),
        "browser": digest(browser_secret),
    }
    with transaction() as connection:
        secret = one_time.issue(connection, Purpose.CONFIRM_IDENTITY, None, data)
        name = organization_name(organization_id)
        subject = f"Was it you who signed in to {name}?"
        mail = compose("identity_proof", person.email, subject, organization_name=name, link=link(_PATH, secret))
        enqueue_mail(connection, organization_id, mail)
    return Asked(person.email, browser_secret)


def require_own(secret: str, browser_secret: str) -> None:
    """Raise LinkEnded for a link that leads nowhere, OtherBrowser outside the one that signed in; use nothing up."""
    _own(one_time.peek(Purpose.CONFIRM_IDENTITY, secret), browser_secret)


def confirm(secret: str, browser_secret: str, origin: Origin) -> Entered | Refused:
    """Let the person enter whose mailbox it is, once; what decides is read anew. Raises as `require_own`."""
    require_own(secret, browser_secret)
    with transaction() as connection:
        data = _own(one_time.use(connection, Purpose.CONFIRM_IDENTITY, secret), browser_secret)
        connection_id = data["connection"]
        configuration = find_configuration(connection_id)
        person = _person(data["person"])
        if not configuration.is_active or configuration.issuer != person.issuer:
            raise LinkEnded
        return login_by_identity(data["organization"], connection_id, person, origin, is_confirmed=True)


def _own(issued: Issued | None, browser_secret: str) -> dict[str, Any]:
    if issued is None:
        raise LinkEnded
    if not hmac.compare_digest(str(issued.data["browser"]), digest(browser_secret)):
        raise OtherBrowser
    return dict(issued.data)


def _person(data: dict[str, Any]) -> Person:
    groups = data["groups"]
    return Person(**{**data, "groups": None if groups is None else tuple(groups)})

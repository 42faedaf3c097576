"""What a login would do: found out by doing it and taking it back."""

from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection, bindparam, select

from scim_server.accounts.sessions import SignedIn
from scim_server.audit.service import Origin
from scim_server.database import reading, transaction
from scim_server.organizations.models import Organization
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Authority
from scim_server.roles.catalogue import catalogue
from scim_server.sso.configuration import CHANGE, Configuration
from scim_server.sso.configuration import note_test as note_settings_tested
from scim_server.sso.entering import Entered, Refused, login_by_identity
from scim_server.sso.person import Person
from scim_server.users.models import User
from scim_server.users.policy import Status

_ROLE = select(User.role).where(
    User.organization_id == bindparam("organization"),
    User.account_id == bindparam("account"),
    User.status == Status.ACTIVE.value,
)
_ROLE_OF_USER = select(User.role).where(User.organization_id == bindparam("organization"), User.id == bindparam("user"))
_NAME = select(Organization.name).where(Organization.id == bindparam("organization"))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a login would do, in a sentence; with whose Account and as what, where it would let somebody in."""

    text: str
    account_id: str | None = None
    role: str | None = None


class _TakeBack(Exception):
    """Ends the transaction of a preview, with what was seen in it."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview.text)
        self.preview = preview


def require_tester(configuration: Configuration, signed_in: SignedIn) -> None:
    """Raise NotFound for whoever may not change the Connection: strangers learn nothing of it."""
    organization_id = configuration.organization_id
    bound = {"organization": organization_id, "account": signed_in.account_id}
    with reading() as connection:
        role = connection.execute(_ROLE, bound).scalar()
    is_elsewhere = signed_in.organization_id not in {None, organization_id}
    if is_elsewhere or not Authority(role).permits(CHANGE):
        raise NotFound("There is no such sign-in address.")


def would_enter(configuration: Configuration, person: Person, origin: Origin) -> Preview:
    """Return what a login of this person would do now; nothing of it stays."""
    try:
        with transaction() as connection:
            found = login_by_identity(configuration.organization_id, configuration.connection_id, person, origin)
            _take_back(connection, found)
    except _TakeBack as seen:
        return seen.preview


def note_test(configuration: Configuration, preview: Preview, account_id: str) -> bool:
    """Note that a test of these settings has worked; return False where they have changed meanwhile.

    Where the tester would have entered as themselves, and as an Owner, that is noted too: they know then that they
    are not locked out where single sign-on is the only way.
    """
    owner_enters = preview.account_id == account_id and preview.role == catalogue().owner
    with transaction() as connection:
        return note_settings_tested(connection, configuration, account_id, owner_enters=owner_enters)


def _take_back(connection: Connection, found: Entered | Refused) -> NoReturn:
    if isinstance(found, Refused):
        raise _TakeBack(Preview(f"You would be refused: {found.reason.value.replace('-', ' ')}."))
    bound = {"organization": found.organization_id, "user": found.user_id}
    role = catalogue().organization.role(connection.execute(_ROLE_OF_USER, bound).scalar_one() or "")
    raise _TakeBack(Preview(f"You would enter as {role.title}.", found.account_id, role.name))


def organization_name(organization_id: str) -> str:
    """Return how the Organization is called."""
    with reading() as connection:
        return str(connection.execute(_NAME, {"organization": organization_id}).scalar_one())

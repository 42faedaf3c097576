"""Who looks at an Organization in the console: asked anew with each request, so whoever loses access is out at once."""

from dataclasses import dataclass

from flask import g

from scim_server.accounts.members import Belonging, organizations_of
from scim_server.accounts.sessions import SignedIn
from scim_server.audit.service import ActorType
from scim_server.database import reading
from scim_server.protocol.errors import NotFound
from scim_server.roles.authority import Authority, Requester
from scim_server.roles.effective import effective_organization_role, held_by_user
from scim_server.web.auth.blueprint import person
from scim_server.web.requests import origin


@dataclass(frozen=True, slots=True)
class Visit:
    """A person in one of their Organizations; `belongings` are all of them, for the switcher."""

    person: SignedIn
    organization: Belonging
    belongings: list[Belonging]
    requester: Requester

    def permits(self, permission: str | None) -> bool:
        """Tell whether the person may do something in the whole Organization; None is what everybody may."""
        return permission is None or self.requester.authority.permits(permission)


def enter(slug: str) -> Visit:
    """Return the visit to the Organization of this slug or id, kept for the request.

    Raises NotSignedIn, and NotFound alike for an Organization that is not there and for one of others.
    """
    who = person()
    belongings = organizations_of(who.account_id, who.organization_id)
    here = next((each for each in belongings if slug in {each.slug, each.organization_id}), None)
    if here is None:
        raise NotFound("You are not a member of such an Organization.")
    with reading() as connection:
        role = effective_organization_role(connection, here.organization_id, here.user_id)
    authority = Authority(role, held_by_user(here.organization_id, here.user_id))
    by = origin(ActorType.USER, here.user_id, who.name)
    g.visit = Visit(who, here, belongings, Requester(here.organization_id, authority, by))
    return current_visit()


def current_visit() -> Visit:
    """Return the visit of this request."""
    found: Visit = g.visit
    return found


def requester() -> Requester:
    """Return who asks, for services."""
    return current_visit().requester

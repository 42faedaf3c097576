"""Found an Organization with everything it needs to be provisioned: totals, a Connection, an Owner."""

from typing import NamedTuple

from scim_server.audit.service import Event, Origin, record
from scim_server.connections.service import create_connection
from scim_server.database import transaction
from scim_server.organizations.service import insert_organization
from scim_server.users.bootstrap import insert_owner


class Founded(NamedTuple):
    """A new Organization."""

    organization_id: str
    slug: str


def found_organization(name: str, origin: Origin, *, owner_email: str | None = None) -> Founded:
    """Create an Organization, and its first Owner where an e-mail address is given, in one transaction.

    Raises OrganizationError for a name, and InvalidValue for an address, that cannot be.
    """
    with transaction() as connection:
        organization_id, slug = insert_organization(connection, name)
        event = Event("operator:organization:created", "Organization", organization_id, {"name": [None, name]})
        record(connection, organization_id, origin, [event])
        create_connection(connection, organization_id)
        if owner_email is not None:
            insert_owner(connection, organization_id, origin, owner_email)
    return Founded(organization_id, slug)

"""Found, find and list Organizations; who changes one is in details.py."""

import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select

from scim_server.database import reading
from scim_server.directory.totals import start_totals, total_of
from scim_server.identifiers import new_id, now
from scim_server.organizations.models import Organization
from scim_server.protocol.schemas import GROUP, USER

MAX_NAME_LENGTH = 100
_MAX_SLUG_LENGTH = 48


class OrganizationError(ValueError):
    """A name that no Organization can have, or that names none; the message says the way out."""


@dataclass(frozen=True, slots=True)
class OrganizationRecord:
    """An Organization as lists show it."""

    id: str
    slug: str
    name: str
    created_at: str
    users: int
    teams: int


def insert_organization(connection: Connection, name: str) -> tuple[str, str]:
    """Write a new Organization and return its id and slug; raises OrganizationError."""
    name = checked_name(name)
    organization_id, slug = new_id(), _free_slug(connection, name)
    moment = now()
    row = {"id": organization_id, "slug": slug, "name": name, "created_at": moment, "modified_at": moment}
    connection.execute(insert(Organization), row)
    start_totals(connection, organization_id, (USER.name, GROUP.name))
    return organization_id, slug


def checked_name(name: str) -> str:
    """Return a name as it is stored, white space made single; raises OrganizationError for what can be none."""
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise OrganizationError(f"An Organization's name has 1 to {MAX_NAME_LENGTH} printable characters.")
    return name


def list_organizations() -> list[OrganizationRecord]:
    """Return all Organizations, the oldest first."""
    columns = (Organization.id, Organization.slug, Organization.name, Organization.created_at)
    with reading() as connection:
        return [
            OrganizationRecord(
                *row,
                users=total_of(connection, row.id, USER.name),
                teams=total_of(connection, row.id, GROUP.name),
            )
            for row in connection.execute(select(*columns).order_by(Organization.created_at, Organization.id)).all()
        ]


def find_organization(text: str) -> OrganizationRecord:
    """Return the Organization of this id or slug, else of this name; raises OrganizationError listing what there is.

    A name is chosen freely, so one that spells another's id or slug must not stand in that one's way.
    """
    columns = (Organization.id, Organization.slug, Organization.name, Organization.created_at)
    with reading() as connection:
        for named in (or_(Organization.id == text, Organization.slug == text), Organization.name == text):
            rows = connection.execute(select(*columns).where(named).limit(2)).all()
            if rows:
                break
        if len(rows) == 1:
            (row,) = rows
            users, teams = (total_of(connection, row.id, name) for name in (USER.name, GROUP.name))
            return OrganizationRecord(*row, users=users, teams=teams)
    if rows:
        raise OrganizationError(f"Several Organizations are called {text!r}; name one by its slug.")
    known = ", ".join(organization.slug for organization in list_organizations()[:10])
    raise OrganizationError(f"There is no Organization {text!r}. Known: {known or 'none yet'}.")


def _free_slug(connection: Connection, name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:_MAX_SLUG_LENGTH].strip("-") or "organization"
    taken = set(
        connection.execute(
            select(Organization.slug).where(Organization.slug.startswith(stem, autoescape=True))
        ).scalars()
    )
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug

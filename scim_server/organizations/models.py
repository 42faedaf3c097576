"""Organization, and the schema extensions that it registered."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


class Organization(Base):
    """The tenant: everything else belongs to exactly one. `id` and `slug` never change."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    slug: Mapped[str] = mapped_column(OrderedText, unique=True)
    name: Mapped[str] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)
    billing_email: Mapped[str | None] = mapped_column(OrderedText)
    # Days that audit events are kept; None for ever.
    audit_retention_days: Mapped[int | None]
    # Rises whenever an extension is registered or removed, so that each worker knows its copy is old.
    schema_revision: Mapped[int] = mapped_column(default=0)
    # Team names are matched by identity providers; RFC 7643 does not ask for uniqueness (idp-wire 7.8).
    unique_team_names: Mapped[bool] = mapped_column(default=True)
    # Whether a Team ever was a member of another: only then does anyone look for indirect memberships.
    has_nested_teams: Mapped[bool] = mapped_column(default=False)


class OrganizationExtension(Base):
    """A schema extension that the Organization registered (idp-wire E66)."""

    __tablename__ = "organization_extensions"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    urn_folded: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    resource_type: Mapped[str] = mapped_column(OrderedText)
    document: Mapped[object] = mapped_column(JsonDocument)
    created_at: Mapped[str] = mapped_column(Moment)

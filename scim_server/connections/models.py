"""Connection: the link of an Organization to one identity provider, and what was observed on it."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import Moment, OrderedText


class Connection(Base):
    """How one identity provider provisions an Organization.

    `automatic_membership` is the role of people who join just in time, None where that is switched off.
    `provisioning` is `ON`, `OFF` (SCIM is refused) or `PAUSED` (SCIM is asked to come again later).
    `unknown_members` says what a Group's member ids that name nobody do: `skip` or `refuse`.
    """

    __tablename__ = "connections"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    name: Mapped[str] = mapped_column(OrderedText)
    automatic_membership: Mapped[str | None] = mapped_column(OrderedText)
    unknown_members: Mapped[str] = mapped_column(OrderedText)
    provisioning: Mapped[str] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)


class ConnectionObservation(Base):
    """How often the server repaired or ignored something that the identity provider sent, and a sample of it."""

    __tablename__ = "connection_observations"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    quirk: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    occurrences: Mapped[int]
    sample: Mapped[str] = mapped_column(OrderedText)
    first_seen_at: Mapped[str] = mapped_column(Moment)
    last_seen_at: Mapped[str] = mapped_column(Moment)

"""Connection: the link of an Organization to one identity provider, and what was observed on it."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


def _of_connection() -> ForeignKeyConstraint:
    """Return the key of what goes with its Connection."""
    return ForeignKeyConstraint(
        ["organization_id", "connection_id"], ["connections.organization_id", "connections.id"], ondelete="CASCADE"
    )


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

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    connection_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    quirk: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    occurrences: Mapped[int]
    sample: Mapped[str] = mapped_column(OrderedText)
    first_seen_at: Mapped[str] = mapped_column(Moment)
    last_seen_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (_of_connection(),)


class ConnectionTraffic(Base):
    """How many requests of one kind came by a Connection on one day, and how they ended.

    `kind` is what was refused, empty where nothing was. Bit n of `hours` says that one came in hour n, in UTC.
    """

    __tablename__ = "connection_traffic"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    connection_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    day: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    operation: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    resource: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    status: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    requests: Mapped[int]
    hours: Mapped[int]
    first_at: Mapped[str] = mapped_column(Moment)
    last_at: Mapped[str] = mapped_column(Moment)
    # What the last of them was told.
    sample: Mapped[str] = mapped_column(OrderedText)

    __table_args__ = (_of_connection(),)


class ConnectionAlert(Base):
    """Something about a Connection that its Owners were told of, until it is over."""

    __tablename__ = "connection_alerts"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    connection_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    kind: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    raised_at: Mapped[str] = mapped_column(Moment)
    facts: Mapped[object] = mapped_column(JsonDocument)

    __table_args__ = (_of_connection(),)


class JournalSettings(Base):
    """What the request journal of a Connection keeps; a Connection without a row keeps it by default."""

    __tablename__ = "journal_settings"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    connection_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    keeps: Mapped[str] = mapped_column(OrderedText)
    keeps_bodies: Mapped[bool]
    days: Mapped[int]
    days_failed: Mapped[int]

    __table_args__ = (_of_connection(),)


class JournalEntry(Base):
    """A SCIM request and its answer, without secrets. `search` is folded text to look it up by.

    `failed` is 1 or 0: a number, so that pages in its order are compared alike on both databases.
    """

    __tablename__ = "journal_entries"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    connection_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    occurred_at: Mapped[str] = mapped_column(Moment)
    method: Mapped[str] = mapped_column(OrderedText)
    path: Mapped[str] = mapped_column(OrderedText)
    query: Mapped[str] = mapped_column(OrderedText)
    status: Mapped[int]
    failed: Mapped[int]
    kind: Mapped[str] = mapped_column(OrderedText)
    detail: Mapped[str] = mapped_column(OrderedText)
    microseconds: Mapped[int]
    token_id: Mapped[str] = mapped_column(OrderedText)
    token_name: Mapped[str] = mapped_column(OrderedText)
    user_agent: Mapped[str] = mapped_column(OrderedText)
    request_id: Mapped[str] = mapped_column(OrderedText)
    quirks: Mapped[object] = mapped_column(JsonDocument)
    request_body: Mapped[str | None] = mapped_column(OrderedText)
    answer_body: Mapped[str | None] = mapped_column(OrderedText)
    search: Mapped[str] = mapped_column(OrderedText)

    __table_args__ = (
        _of_connection(),
        Index("ix_journal_entries_failed", "organization_id", "connection_id", "failed", "id"),
    )

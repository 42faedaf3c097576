"""Audit event: who did what to whom, when and from where, written in the transaction of the change."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, partial_index
from scim_server.database.types import JsonDocument, Moment, OrderedText


class AuditEvent(Base):
    """One change. `changes` maps each changed field to its value before and after, without secrets.

    `digest` is a keyed hash of the row, written with it. `position` and `chain` link it to the events before it; they
    are filled in soon after, so that no write waits for another's (docs/decisions/0033).
    """

    __tablename__ = "audit_events"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    # Sorts by time, so the key serves lists by time too.
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    occurred_at: Mapped[str] = mapped_column(Moment)
    action: Mapped[str] = mapped_column(OrderedText)
    actor_type: Mapped[str] = mapped_column(OrderedText)
    actor_id: Mapped[str | None] = mapped_column(OrderedText)
    # The actor's name at that time: a token may be deleted since.
    actor_name: Mapped[str | None] = mapped_column(OrderedText)
    target_type: Mapped[str | None] = mapped_column(OrderedText)
    target_id: Mapped[str | None] = mapped_column(OrderedText)
    changes: Mapped[object] = mapped_column(JsonDocument)
    request_id: Mapped[str | None] = mapped_column(OrderedText)
    ip_address: Mapped[str | None] = mapped_column(OrderedText)
    user_agent: Mapped[str | None] = mapped_column(OrderedText)
    digest: Mapped[str | None] = mapped_column(OrderedText)
    position: Mapped[int | None]
    chain: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (
        Index("ix_audit_events_target", "organization_id", "target_id", "id"),
        Index("ix_audit_events_action", "organization_id", "action", "id"),
        Index("ix_audit_events_actor", "organization_id", "actor_id", "id"),
        partial_index(
            "uq_audit_events_position",
            "organization_id",
            "position",
            unique=True,
            condition="position IS NOT NULL",
        ),
        partial_index(
            "ix_audit_events_unsealed",
            "organization_id",
            "id",
            condition="position IS NULL",
        ),
    )


class AuditSeal(Base):
    """Where an Organization's chain of events stands, and where it begins since older events were deleted by age."""

    __tablename__ = "audit_seals"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    # Position and chain value of the last event before the oldest that is kept.
    start_position: Mapped[int]
    start_chain: Mapped[str] = mapped_column(OrderedText)
    # Position and chain value of the newest event in the chain.
    end_position: Mapped[int]
    end_chain: Mapped[str] = mapped_column(OrderedText)
    sealed_at: Mapped[str] = mapped_column(Moment)
    # A keyed hash of this row: nobody else moves the beginning or the end.
    digest: Mapped[str] = mapped_column(OrderedText)

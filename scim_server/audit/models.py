"""Audit event: who did what to whom, when and from where, written in the transaction of the change."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


class AuditEvent(Base):
    """One change. `changes` maps each changed field to its value before and after, without secrets."""

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
    target_type: Mapped[str | None] = mapped_column(OrderedText)
    target_id: Mapped[str | None] = mapped_column(OrderedText)
    changes: Mapped[object] = mapped_column(JsonDocument)
    request_id: Mapped[str | None] = mapped_column(OrderedText)
    ip_address: Mapped[str | None] = mapped_column(OrderedText)
    user_agent: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (Index("ix_audit_events_target", "organization_id", "target_id", "id"),)

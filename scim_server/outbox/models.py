"""Outbox message: something to deliver, written in the transaction of the change that it tells of."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, partial_index
from scim_server.database.types import Moment, OrderedText


class OutboxMessage(Base):
    """A mail on its way. `state` is `WAITING`, `SENT` or `DEAD` (given up, until someone asks for another try).

    `payload` is encrypted, as it may hold the secret of an invitation, and is emptied once the message was sent.
    """

    __tablename__ = "outbox_messages"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    # None for mail about an Account, which belongs to none.
    organization_id: Mapped[str | None] = mapped_column(OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(OrderedText)
    # Whom it goes to, and its subject line: what a list of messages shows.
    recipient: Mapped[str] = mapped_column(OrderedText)
    subject: Mapped[str] = mapped_column(OrderedText)
    payload: Mapped[str | None] = mapped_column(OrderedText)
    state: Mapped[str] = mapped_column(OrderedText)
    attempts: Mapped[int]
    created_at: Mapped[str] = mapped_column(Moment)
    next_attempt_at: Mapped[str] = mapped_column(Moment)
    ended_at: Mapped[str | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (
        Index("ix_outbox_messages_organization", "organization_id", "created_at", "id"),
        partial_index(
            "ix_outbox_messages_due",
            "next_attempt_at",
            "id",
            condition="state = 'WAITING'",
        ),
    )

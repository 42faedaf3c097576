"""Remembered answer: what a POST with an Idempotency-Key was answered."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import Moment, OrderedText


class RememberedAnswer(Base):
    """The answer to one request of one token. `answer` is encrypted, as it may hold a new token, and None meanwhile."""

    __tablename__ = "remembered_answers"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    token_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    key: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    # Of method, path and body: the same key with another request is an error.
    request_digest: Mapped[str] = mapped_column(OrderedText)
    status: Mapped[int | None]
    answer: Mapped[str | None] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (Index("ix_remembered_answers_created_at", "created_at"),)

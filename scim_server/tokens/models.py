"""Token: a bearer credential of an Organization."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


class Token(Base):
    """A bearer token `prefix_id_secret`; only the digest of its secret is stored.

    `id` is unique over all Organizations, as it is what a request is recognised by. `role` is an Organization role;
    None for a token that serves SCIM alone, or that holds roles on lower scopes only. `scopes` is a list.
    After a rotation the previous secret is accepted until `previous_expires_at`.
    """

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    organization_id: Mapped[str] = mapped_column(OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"))
    # The Connection that it provisions for.
    connection_id: Mapped[str] = mapped_column(OrderedText)
    name: Mapped[str] = mapped_column(OrderedText)
    description: Mapped[str | None] = mapped_column(OrderedText)
    secret_digest: Mapped[str] = mapped_column(OrderedText)
    previous_secret_digest: Mapped[str | None] = mapped_column(OrderedText)
    previous_expires_at: Mapped[str | None] = mapped_column(Moment)
    role: Mapped[str | None] = mapped_column(OrderedText)
    role_granted_at: Mapped[str | None] = mapped_column(Moment)
    role_granted_by_type: Mapped[str | None] = mapped_column(OrderedText)
    role_granted_by_id: Mapped[str | None] = mapped_column(OrderedText)
    scopes: Mapped[object] = mapped_column(JsonDocument)
    created_at: Mapped[str] = mapped_column(Moment)
    created_by_type: Mapped[str | None] = mapped_column(OrderedText)
    created_by_id: Mapped[str | None] = mapped_column(OrderedText)
    modified_at: Mapped[str] = mapped_column(Moment)
    expiry_period_days: Mapped[int | None]
    expires_at: Mapped[str | None] = mapped_column(Moment)
    # The fewest days before its expiry that the Owners were warned at.
    warned_days: Mapped[int | None]
    rotated_at: Mapped[str | None] = mapped_column(Moment)
    revoked_at: Mapped[str | None] = mapped_column(Moment)
    last_used_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_tokens_organization", "organization_id", "id"),
        Index("ix_tokens_expires_at", "expires_at"),
    )

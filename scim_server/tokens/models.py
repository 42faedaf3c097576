"""Token: a bearer credential of an Organization."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


class Token(Base):
    """A bearer token `prefix_id_secret`; only the digest of its secret is stored.

    `id` is unique over all Organizations, as it is what a request is recognised by. `role` is an Organization role;
    None for a token that serves SCIM alone. `scopes` is a list.
    """

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    organization_id: Mapped[str] = mapped_column(OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(OrderedText)
    secret_digest: Mapped[str] = mapped_column(OrderedText)
    role: Mapped[str | None] = mapped_column(OrderedText)
    scopes: Mapped[object] = mapped_column(JsonDocument)
    created_at: Mapped[str] = mapped_column(Moment)
    expires_at: Mapped[str | None] = mapped_column(Moment)
    revoked_at: Mapped[str | None] = mapped_column(Moment)
    last_used_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_tokens_organization", "organization_id", "id"),)

"""Invitation: a role offered to an e-mail address, until it is taken, refused, withdrawn or too old."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, partial_index
from scim_server.database.types import Moment, OrderedText


class Invitation(Base):
    """An offer to one person, who is a User with the status PENDING meanwhile.

    `state` is `OPEN`, `ACCEPTED`, `REJECTED` or `REVOKED`; whether an open one is too old is seen at use. The secret
    stands in the mail alone: `secret_digest` is what is stored of the newest, so a resend ends older links. It outlives
    the User, so that whoever follows its link later is told what became of it (docs/decisions).
    """

    __tablename__ = "invitations"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    user_id: Mapped[str] = mapped_column(OrderedText)
    email: Mapped[str] = mapped_column(OrderedText)
    email_folded: Mapped[str] = mapped_column(OrderedText)
    role: Mapped[str] = mapped_column(OrderedText)
    state: Mapped[str] = mapped_column(OrderedText)
    secret_digest: Mapped[str] = mapped_column(OrderedText)
    invited_by_type: Mapped[str] = mapped_column(OrderedText)
    invited_by_id: Mapped[str | None] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    sent_at: Mapped[str] = mapped_column(Moment)
    sent_count: Mapped[int]
    expires_at: Mapped[str] = mapped_column(Moment)
    ended_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (
        # The link names only the invitation.
        Index("uq_invitations_id", "id", unique=True),
        partial_index(
            "uq_invitations_open",
            "organization_id",
            "email_folded",
            unique=True,
            condition="state = 'OPEN'",
        ),
        Index("ix_invitations_user", "organization_id", "user_id", "state"),
        Index("ix_invitations_sent_at", "organization_id", "sent_at"),
    )

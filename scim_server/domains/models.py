"""Domain: an e-mail domain that an Organization claims, and proves by a DNS TXT record."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, partial_index
from scim_server.database.types import JsonDocument, Moment, OrderedText


class Domain(Base):
    """A claim. `name` is in its ASCII form (IDNA); `state` is `PENDING`, `VERIFIED` or `SUSPENDED`.

    A verified domain whose record is missed three days in a row is suspended: it stays the Organization's, and
    decides nothing until it is verified again. `enforced_logins` is a list: of `PASSWORD` and `SSO`, those that its
    people can use; an empty one allows both. `connection_id` is the Connection by which they sign in.
    """

    __tablename__ = "domains"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    name: Mapped[str] = mapped_column(OrderedText)
    state: Mapped[str] = mapped_column(OrderedText)
    # What the TXT record must hold; of this Organization and this domain alone.
    proof: Mapped[str] = mapped_column(OrderedText)
    enforced_logins: Mapped[object] = mapped_column(JsonDocument)
    connection_id: Mapped[str | None] = mapped_column(OrderedText)
    missed_checks: Mapped[int]
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)
    verified_at: Mapped[str | None] = mapped_column(Moment)
    checked_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_domains_organization", "organization_id", "name", unique=True),
        # One Organization for a proved domain, in all of the server.
        partial_index(
            "uq_domains_proved",
            "name",
            unique=True,
            condition="state <> 'PENDING'",
        ),
        Index("ix_domains_checked_at", "checked_at"),
    )

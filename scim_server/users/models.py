"""User: one person in one Organization, and the e-mail addresses that filters look up."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, partial_index
from scim_server.database.types import JsonDocument, Moment, OrderedText, SearchDocument


class User(Base):
    """A person in an Organization: the SCIM `User` and the row in the Users tab.

    `document` holds the SCIM attributes in the form of the wire, without what is derived (schemas, id, meta, groups).
    `*_folded` are copies for comparison where the schema says caseExact false. `active` is the SCIM attribute;
    `status` says who may enter. The narrow columns stand first, so that reading them skips the documents.
    """

    __tablename__ = "users"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    version: Mapped[int]
    user_name_folded: Mapped[str] = mapped_column(OrderedText)
    external_id: Mapped[str | None] = mapped_column(OrderedText)
    display_name: Mapped[str | None] = mapped_column(OrderedText)
    display_name_folded: Mapped[str | None] = mapped_column(OrderedText)
    active: Mapped[bool | None]
    status: Mapped[str] = mapped_column(OrderedText)
    # What the status was when the User was deactivated, so that reactivation can restore it.
    status_before: Mapped[str | None] = mapped_column(OrderedText)
    role: Mapped[str | None] = mapped_column(OrderedText)
    # When and by whom the role was given, so that it can be explained; an audit event's kinds of actor.
    role_granted_at: Mapped[str | None] = mapped_column(Moment)
    role_granted_by_type: Mapped[str | None] = mapped_column(OrderedText)
    role_granted_by_id: Mapped[str | None] = mapped_column(OrderedText)
    source: Mapped[str] = mapped_column(OrderedText)
    is_idp_managed: Mapped[bool]
    # The login of the person, None until they first signed in or accepted an invitation.
    account_id: Mapped[str | None] = mapped_column(OrderedText, ForeignKey("accounts.id"))
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)
    document: Mapped[object] = mapped_column(JsonDocument)
    search: Mapped[str] = mapped_column(SearchDocument)

    __table_args__ = (
        Index("uq_users_user_name", "organization_id", "user_name_folded", unique=True),
        Index("uq_users_external_id", "organization_id", "external_id", unique=True),
        # With the user name, so that a search reads both names of everybody here instead of in the rows.
        Index("ix_users_display_name", "organization_id", "display_name_folded", "id", "user_name_folded"),
        Index("ix_users_created_at", "organization_id", "created_at", "id"),
        Index("ix_users_modified_at", "organization_id", "modified_at", "id"),
        Index("ix_users_active", "organization_id", "active", "id"),
        # With the source, which is looked for in the whole index: a fiftieth of the rows.
        Index("ix_users_status", "organization_id", "status", "role", "source"),
        # A person is one User in an Organization. Sign-in asks for all Users of an Account, so that goes first; who has
        # none costs nothing.
        partial_index(
            "uq_users_account",
            "account_id",
            "organization_id",
            unique=True,
            condition="account_id IS NOT NULL",
        ),
    )


class UserEmail(Base):
    """One element of a User's `emails`, folded, so that filters on e-mail are served by an index."""

    __tablename__ = "user_emails"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    user_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    value_folded: Mapped[str | None] = mapped_column(OrderedText)
    type_folded: Mapped[str | None] = mapped_column(OrderedText)
    display_folded: Mapped[str | None] = mapped_column(OrderedText)
    is_primary: Mapped[bool | None]

    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "user_id"], ["users.organization_id", "users.id"], ondelete="CASCADE"),
        # Covers the usual look-ups: SQLite, which keeps no statistics, would rather walk all addresses than fetch rows.
        Index("ix_user_emails_value", "organization_id", "value_folded", "type_folded", "is_primary", "user_id"),
        {"sqlite_with_rowid": False},
    )


class RemovedUser(Base):
    """What a removal in the console took, for the 30 seconds in which whoever removed may take it back."""

    __tablename__ = "removed_users"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    removed_at: Mapped[str] = mapped_column(Moment)
    removed_by_id: Mapped[str | None] = mapped_column(OrderedText)
    kept: Mapped[object] = mapped_column(JsonDocument)

    __table_args__ = (Index("ix_removed_users_removed_at", "removed_at"),)

"""Team, the SCIM `Group`, and its membership rows."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, partial_index
from scim_server.database.types import JsonDocument, Moment, OrderedText, SearchDocument


class Team(Base):
    """A group of Users in an Organization; pushed by the identity provider or made by hand.

    `display_name_key` is the folded name where the Organization wants Team names unique, else None.
    """

    __tablename__ = "teams"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    version: Mapped[int]
    display_name: Mapped[str] = mapped_column(OrderedText)
    display_name_folded: Mapped[str] = mapped_column(OrderedText)
    display_name_key: Mapped[str | None] = mapped_column(OrderedText)
    external_id: Mapped[str | None] = mapped_column(OrderedText)
    is_idp_managed: Mapped[bool]
    description: Mapped[str | None] = mapped_column(OrderedText)
    # The Organization role that its members hold through it.
    role: Mapped[str] = mapped_column(OrderedText)
    role_granted_at: Mapped[str | None] = mapped_column(Moment)
    role_granted_by_type: Mapped[str | None] = mapped_column(OrderedText)
    role_granted_by_id: Mapped[str | None] = mapped_column(OrderedText)
    # Rows of role_bindings; moves with them, so that a change of members knows whether it changes anyone's roles.
    binding_count: Mapped[int]
    created_by_type: Mapped[str | None] = mapped_column(OrderedText)
    created_by_id: Mapped[str | None] = mapped_column(OrderedText)
    updated_by_type: Mapped[str | None] = mapped_column(OrderedText)
    updated_by_id: Mapped[str | None] = mapped_column(OrderedText)
    # Moves with the rows of team_members, so that nobody has to count them.
    member_count: Mapped[int]
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)
    document: Mapped[object] = mapped_column(JsonDocument)
    search: Mapped[str] = mapped_column(SearchDocument)

    __table_args__ = (
        Index("uq_teams_display_name_key", "organization_id", "display_name_key", unique=True),
        Index("ix_teams_display_name", "organization_id", "display_name_folded", "id"),
        Index("ix_teams_external_id", "organization_id", "external_id", "id"),
        Index("ix_teams_modified_at", "organization_id", "modified_at", "id"),
    )


class TeamMember(Base):
    """One User or nested Team in a Team; kept while a User is inactive (idp-wire E83).

    `claimed_by` is the Connection at which the User signed in and was said to be in a group of the Team's name: who
    came that way goes that way. None for everybody else, whom no login removes.
    """

    __tablename__ = "team_members"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    team_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    member_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    member_type: Mapped[str] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    claimed_by: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="CASCADE"),
        Index("ix_team_members_member", "organization_id", "member_id", "team_id"),
        # Nested Teams are few among many members; their closure must not read the others.
        partial_index(
            "ix_team_members_nested",
            "organization_id",
            "member_id",
            "team_id",
            condition="member_type = 'Group'",
        ),
        {"sqlite_with_rowid": False},
    )

"""Workspace and Deployment: what roles below the Organization are held on."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import Moment, OrderedText


class Workspace(Base):
    """A Workspace of an Organization; its name is unique there, without regard to letter case."""

    __tablename__ = "workspaces"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    name: Mapped[str] = mapped_column(OrderedText)
    name_folded: Mapped[str] = mapped_column(OrderedText)
    description: Mapped[str | None] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    created_by_type: Mapped[str] = mapped_column(OrderedText)
    created_by_id: Mapped[str | None] = mapped_column(OrderedText)
    modified_at: Mapped[str] = mapped_column(Moment)
    updated_by_type: Mapped[str] = mapped_column(OrderedText)
    updated_by_id: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (Index("uq_workspaces_name", "organization_id", "name_folded", unique=True),)


class Deployment(Base):
    """A Deployment in a Workspace; its name is unique there, without regard to letter case."""

    __tablename__ = "deployments"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(OrderedText)
    name: Mapped[str] = mapped_column(OrderedText)
    name_folded: Mapped[str] = mapped_column(OrderedText)
    description: Mapped[str | None] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    created_by_type: Mapped[str] = mapped_column(OrderedText)
    created_by_id: Mapped[str | None] = mapped_column(OrderedText)
    modified_at: Mapped[str] = mapped_column(Moment)
    updated_by_type: Mapped[str] = mapped_column(OrderedText)
    updated_by_id: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspaces.organization_id", "workspaces.id"], ondelete="CASCADE"
        ),
        Index("uq_deployments_name", "organization_id", "workspace_id", "name_folded", unique=True),
    )

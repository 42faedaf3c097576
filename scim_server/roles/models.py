"""Role binding: a role of a User, Team or Token on something below the Organization; and custom roles."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


class RoleBinding(Base):
    """One role on one Workspace, Deployment or Dag. The Organization role stands on the subject's own row.

    Exactly one of `user_id`, `team_id`, `token_id` is set. `scope` is `WORKSPACE`, `DEPLOYMENT` or `DAG`; a Dag has a
    Deployment and either an id or a tag. `place` spells all that as one text, so that a subject has one role there.
    `is_automatic` marks the accessor role that a role on a lower scope brought along.
    """

    __tablename__ = "role_bindings"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    user_id: Mapped[str | None] = mapped_column(OrderedText)
    team_id: Mapped[str | None] = mapped_column(OrderedText)
    token_id: Mapped[str | None] = mapped_column(OrderedText, ForeignKey("tokens.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(OrderedText)
    workspace_id: Mapped[str] = mapped_column(OrderedText)
    deployment_id: Mapped[str | None] = mapped_column(OrderedText)
    dag_id: Mapped[str | None] = mapped_column(OrderedText)
    dag_tag: Mapped[str | None] = mapped_column(OrderedText)
    place: Mapped[str] = mapped_column(OrderedText)
    role: Mapped[str] = mapped_column(OrderedText)
    is_automatic: Mapped[bool]
    granted_at: Mapped[str] = mapped_column(Moment)
    granted_by_type: Mapped[str] = mapped_column(OrderedText)
    granted_by_id: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "user_id"], ["users.organization_id", "users.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["organization_id", "workspace_id"],
            ["workspaces.organization_id", "workspaces.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "deployment_id"],
            ["deployments.organization_id", "deployments.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "CASE WHEN user_id IS NULL THEN 0 ELSE 1 END + CASE WHEN team_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN token_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_subject",
        ),
        Index("uq_role_bindings_user", "organization_id", "user_id", "place", unique=True),
        Index("uq_role_bindings_team", "organization_id", "team_id", "place", unique=True),
        Index("uq_role_bindings_token", "organization_id", "token_id", "place", unique=True),
        Index("ix_role_bindings_workspace", "organization_id", "workspace_id"),
        Index("ix_role_bindings_deployment", "organization_id", "deployment_id"),
        Index("ix_role_bindings_role", "organization_id", "role"),
    )


class CustomRole(Base):
    """A role that an Organization made for Deployments or Dags; bindings name it by its name.

    `permissions` and `restricted_workspace_ids` are lists; an empty second one restricts nothing.
    """

    __tablename__ = "custom_roles"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    name: Mapped[str] = mapped_column(OrderedText)
    description: Mapped[str | None] = mapped_column(OrderedText)
    scope: Mapped[str] = mapped_column(OrderedText)
    permissions: Mapped[object] = mapped_column(JsonDocument)
    restricted_workspace_ids: Mapped[object] = mapped_column(JsonDocument)
    created_at: Mapped[str] = mapped_column(Moment)
    created_by_type: Mapped[str] = mapped_column(OrderedText)
    created_by_id: Mapped[str | None] = mapped_column(OrderedText)
    modified_at: Mapped[str] = mapped_column(Moment)
    updated_by_type: Mapped[str] = mapped_column(OrderedText)
    updated_by_id: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (Index("uq_custom_roles_name", "organization_id", "name", unique=True),)

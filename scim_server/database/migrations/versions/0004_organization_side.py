"""Create the tables of the organization side: roles, resources, invitations, mail, domains."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("start_position", sa.Integer(), nullable=False),
        sa.Column("start_chain", TEXT, nullable=False),
        sa.Column("end_position", sa.Integer(), nullable=False),
        sa.Column("end_chain", TEXT, nullable=False),
        sa.Column("sealed_at", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_audit_seals_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_audit_seals")),
    )
    op.create_table(
        "custom_roles",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("restricted_workspace_ids", sa.Text(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("created_by_type", TEXT, nullable=False),
        sa.Column("created_by_id", TEXT, nullable=True),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.Column("updated_by_type", TEXT, nullable=False),
        sa.Column("updated_by_id", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_custom_roles_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_custom_roles")),
    )
    op.create_index("uq_custom_roles_name", "custom_roles", ["organization_id", "name"], unique=True)
    op.create_table(
        "domains",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("proof", TEXT, nullable=False),
        sa.Column("enforced_logins", sa.Text(), nullable=False),
        sa.Column("missed_checks", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.Column("verified_at", TEXT, nullable=True),
        sa.Column("checked_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_domains_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_domains")),
    )
    op.create_index("ix_domains_checked_at", "domains", ["checked_at"], unique=False)
    op.create_index("uq_domains_organization", "domains", ["organization_id", "name"], unique=True)
    op.create_index(
        "uq_domains_proved",
        "domains",
        ["name"],
        unique=True,
        sqlite_where=sa.text("state <> 'PENDING'"),
        postgresql_where=sa.text("state <> 'PENDING'"),
    )
    op.create_table(
        "outbox_messages",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("next_attempt_at", TEXT, nullable=False),
        sa.Column("ended_at", TEXT, nullable=True),
        sa.Column("last_error", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_outbox_messages_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
    )
    op.create_index(
        "ix_outbox_messages_due",
        "outbox_messages",
        ["next_attempt_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'WAITING'"),
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_index(
        "ix_outbox_messages_organization", "outbox_messages", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "remembered_answers",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("token_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("request_digest", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_remembered_answers_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "token_id", "key", name=op.f("pk_remembered_answers")),
    )
    op.create_index("ix_remembered_answers_created_at", "remembered_answers", ["created_at"], unique=False)
    op.create_table(
        "workspaces",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("created_by_type", TEXT, nullable=False),
        sa.Column("created_by_id", TEXT, nullable=True),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.Column("updated_by_type", TEXT, nullable=False),
        sa.Column("updated_by_id", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_workspaces_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_workspaces")),
    )
    op.create_index("uq_workspaces_name", "workspaces", ["organization_id", "name_folded"], unique=True)
    op.create_table(
        "deployments",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("created_by_type", TEXT, nullable=False),
        sa.Column("created_by_id", TEXT, nullable=True),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.Column("updated_by_type", TEXT, nullable=False),
        sa.Column("updated_by_id", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"],
            ["workspaces.organization_id", "workspaces.id"],
            name=op.f("fk_deployments_organization_id_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_deployments")),
    )
    op.create_index(
        "uq_deployments_name", "deployments", ["organization_id", "workspace_id", "name_folded"], unique=True
    )
    op.create_table(
        "invitations",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("email_folded", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("invited_by_type", TEXT, nullable=False),
        sa.Column("invited_by_id", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("sent_at", TEXT, nullable=False),
        sa.Column("sent_count", sa.Integer(), nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("ended_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_sent_at", "invitations", ["organization_id", "sent_at"], unique=False)
    op.create_index("ix_invitations_user", "invitations", ["organization_id", "user_id", "state"], unique=False)
    op.create_index("uq_invitations_id", "invitations", ["id"], unique=True)
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["organization_id", "email_folded"],
        unique=True,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "role_bindings",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("team_id", TEXT, nullable=True),
        sa.Column("token_id", TEXT, nullable=True),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("deployment_id", TEXT, nullable=True),
        sa.Column("dag_id", TEXT, nullable=True),
        sa.Column("dag_tag", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("granted_at", TEXT, nullable=False),
        sa.Column("granted_by_type", TEXT, nullable=False),
        sa.Column("granted_by_id", TEXT, nullable=True),
        sa.CheckConstraint(
            "CASE WHEN user_id IS NULL THEN 0 ELSE 1 END + CASE WHEN team_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN token_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_role_bindings_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deployment_id"],
            ["deployments.organization_id", "deployments.id"],
            name=op.f("fk_role_bindings_organization_id_deployment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_role_bindings_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["users.organization_id", "users.id"],
            name=op.f("fk_role_bindings_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"],
            ["workspaces.organization_id", "workspaces.id"],
            name=op.f("fk_role_bindings_organization_id_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_role_bindings_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["tokens.id"], name=op.f("fk_role_bindings_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_role_bindings")),
    )
    op.create_index("ix_role_bindings_deployment", "role_bindings", ["organization_id", "deployment_id"], unique=False)
    op.create_index("ix_role_bindings_role", "role_bindings", ["organization_id", "role"], unique=False)
    op.create_index("ix_role_bindings_workspace", "role_bindings", ["organization_id", "workspace_id"], unique=False)
    op.create_index("uq_role_bindings_team", "role_bindings", ["organization_id", "team_id", "place"], unique=True)
    op.create_index("uq_role_bindings_token", "role_bindings", ["organization_id", "token_id", "place"], unique=True)
    op.create_index("uq_role_bindings_user", "role_bindings", ["organization_id", "user_id", "place"], unique=True)


def downgrade() -> None:
    op.drop_table("role_bindings")
    op.drop_table("invitations")
    op.drop_table("deployments")
    op.drop_table("workspaces")
    op.drop_table("remembered_answers")
    op.drop_table("outbox_messages")
    op.drop_table("domains")
    op.drop_table("custom_roles")
    op.drop_table("audit_seals")
    op.drop_table("leases")

"""Create the tables of the foundation: Organizations, Connections, Users, Teams, Tokens, audit events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEARCH = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("schema_revision", sa.Integer(), nullable=False),
        sa.Column("unique_team_names", sa.Boolean(), nullable=False),
        sa.Column("has_nested_teams", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_table(
        "audit_events",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("occurred_at", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("actor_type", TEXT, nullable=False),
        sa.Column("actor_id", TEXT, nullable=True),
        sa.Column("target_type", TEXT, nullable=True),
        sa.Column("target_id", TEXT, nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("request_id", TEXT, nullable=True),
        sa.Column("ip_address", TEXT, nullable=True),
        sa.Column("user_agent", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_audit_events_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_target", "audit_events", ["organization_id", "target_id", "id"], unique=False)
    op.create_table(
        "connection_observations",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("quirk", TEXT, nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("sample", TEXT, nullable=False),
        sa.Column("first_seen_at", TEXT, nullable=False),
        sa.Column("last_seen_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_connection_observations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "quirk", name=op.f("pk_connection_observations")),
    )
    op.create_table(
        "connections",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("automatic_membership", TEXT, nullable=True),
        sa.Column("unknown_members", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_connections_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connections")),
    )
    op.create_table(
        "organization_extensions",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("urn_folded", TEXT, nullable=False),
        sa.Column("resource_type", TEXT, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_extensions_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "urn_folded", name=op.f("pk_organization_extensions")),
    )
    op.create_table(
        "resource_totals",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("resource_type", TEXT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_resource_totals_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "resource_type", name=op.f("pk_resource_totals")),
    )
    op.create_table(
        "teams",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("display_name_folded", TEXT, nullable=False),
        sa.Column("display_name_key", TEXT, nullable=True),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("is_idp_managed", sa.Boolean(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("search", SEARCH, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_teams_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_teams")),
    )
    op.create_index("ix_teams_display_name", "teams", ["organization_id", "display_name_folded", "id"], unique=False)
    op.create_index("ix_teams_external_id", "teams", ["organization_id", "external_id", "id"], unique=False)
    op.create_index("ix_teams_modified_at", "teams", ["organization_id", "modified_at", "id"], unique=False)
    op.create_index("uq_teams_display_name_key", "teams", ["organization_id", "display_name_key"], unique=True)
    op.create_table(
        "tokens",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=True),
        sa.Column("revoked_at", TEXT, nullable=True),
        sa.Column("last_used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tokens_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    op.create_index("ix_tokens_organization", "tokens", ["organization_id", "id"], unique=False)
    op.create_table(
        "users",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("user_name_folded", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("display_name", TEXT, nullable=True),
        sa.Column("display_name_folded", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("status_before", TEXT, nullable=True),
        sa.Column("role", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("is_idp_managed", sa.Boolean(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("search", SEARCH, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_users_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_users")),
    )
    op.create_index("ix_users_active", "users", ["organization_id", "active", "id"], unique=False)
    op.create_index("ix_users_display_name", "users", ["organization_id", "display_name_folded", "id"], unique=False)
    op.create_index("ix_users_modified_at", "users", ["organization_id", "modified_at", "id"], unique=False)
    op.create_index("ix_users_status", "users", ["organization_id", "status", "role"], unique=False)
    op.create_index("uq_users_external_id", "users", ["organization_id", "external_id"], unique=True)
    op.create_index("uq_users_user_name", "users", ["organization_id", "user_name_folded"], unique=True)
    op.create_table(
        "team_members",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("team_id", TEXT, nullable=False),
        sa.Column("member_id", TEXT, nullable=False),
        sa.Column("member_type", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_team_members_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "team_id", "member_id", name=op.f("pk_team_members")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_team_members_member", "team_members", ["organization_id", "member_id", "team_id"], unique=False)
    op.create_index(
        "ix_team_members_nested",
        "team_members",
        ["organization_id", "member_id", "team_id"],
        unique=False,
        sqlite_where=sa.text("member_type = 'Group'"),
        postgresql_where=sa.text("member_type = 'Group'"),
    )
    op.create_table(
        "user_emails",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value_folded", TEXT, nullable=True),
        sa.Column("type_folded", TEXT, nullable=True),
        sa.Column("display_folded", TEXT, nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["users.organization_id", "users.id"],
            name=op.f("fk_user_emails_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "user_id", "position", name=op.f("pk_user_emails")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_user_emails_value",
        "user_emails",
        ["organization_id", "value_folded", "type_folded", "is_primary", "user_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_user_emails_value", table_name="user_emails")
    op.drop_table("user_emails")
    op.drop_index("ix_team_members_member", table_name="team_members")
    op.drop_table("team_members")
    op.drop_index("uq_users_user_name", table_name="users")
    op.drop_index("uq_users_external_id", table_name="users")
    op.drop_index("ix_users_status", table_name="users")
    op.drop_index("ix_users_modified_at", table_name="users")
    op.drop_index("ix_users_display_name", table_name="users")
    op.drop_index("ix_users_active", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_tokens_organization", table_name="tokens")
    op.drop_table("tokens")
    op.drop_index("uq_teams_display_name_key", table_name="teams")
    op.drop_index("ix_teams_modified_at", table_name="teams")
    op.drop_index("ix_teams_external_id", table_name="teams")
    op.drop_index("ix_teams_display_name", table_name="teams")
    op.drop_table("teams")
    op.drop_table("resource_totals")
    op.drop_table("organization_extensions")
    op.drop_table("connections")
    op.drop_table("connection_observations")
    op.drop_index("ix_audit_events_target", table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_table("organizations")

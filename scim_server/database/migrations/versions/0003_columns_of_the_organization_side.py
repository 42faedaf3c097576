"""Add the columns of the organization side to the tables of the foundation."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("actor_name", TEXT, nullable=True))
    op.add_column("audit_events", sa.Column("digest", TEXT, nullable=True))
    op.add_column("audit_events", sa.Column("position", sa.Integer(), nullable=True))
    op.add_column("audit_events", sa.Column("chain", TEXT, nullable=True))
    op.create_index("ix_audit_events_action", "audit_events", ["organization_id", "action", "id"], unique=False)
    op.create_index("ix_audit_events_actor", "audit_events", ["organization_id", "actor_id", "id"], unique=False)
    op.create_index(
        "ix_audit_events_unsealed",
        "audit_events",
        ["organization_id", "id"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_index("uq_audit_events_position", "audit_events", ["organization_id", "position"], unique=True)
    op.add_column("connections", sa.Column("provisioning", TEXT, nullable=False, server_default="ON"))
    op.add_column("organizations", sa.Column("modified_at", TEXT, nullable=False, server_default=""))
    op.add_column("organizations", sa.Column("billing_email", TEXT, nullable=True))
    op.add_column("organizations", sa.Column("audit_retention_days", sa.Integer(), nullable=True))
    op.add_column("teams", sa.Column("description", TEXT, nullable=True))
    op.add_column("teams", sa.Column("role", TEXT, nullable=False, server_default="ORGANIZATION_MEMBER"))
    op.add_column("teams", sa.Column("role_granted_at", TEXT, nullable=True))
    op.add_column("teams", sa.Column("role_granted_by_type", TEXT, nullable=True))
    op.add_column("teams", sa.Column("role_granted_by_id", TEXT, nullable=True))
    op.add_column("teams", sa.Column("binding_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("teams", sa.Column("created_by_type", TEXT, nullable=True))
    op.add_column("teams", sa.Column("created_by_id", TEXT, nullable=True))
    op.add_column("teams", sa.Column("updated_by_type", TEXT, nullable=True))
    op.add_column("teams", sa.Column("updated_by_id", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("connection_id", TEXT, nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("description", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("previous_secret_digest", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("previous_expires_at", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("role_granted_at", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("role_granted_by_type", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("role_granted_by_id", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("created_by_type", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("created_by_id", TEXT, nullable=True))
    op.add_column("tokens", sa.Column("modified_at", TEXT, nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("expiry_period_days", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("warned_days", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("rotated_at", TEXT, nullable=True))
    op.create_index("ix_tokens_expires_at", "tokens", ["expires_at"], unique=False)
    op.add_column("users", sa.Column("role_granted_at", TEXT, nullable=True))
    op.add_column("users", sa.Column("role_granted_by_type", TEXT, nullable=True))
    op.add_column("users", sa.Column("role_granted_by_id", TEXT, nullable=True))
    # A default is there for rows that are there already; the program always says what it writes.
    op.execute("UPDATE organizations SET modified_at = created_at")
    op.execute("UPDATE tokens SET modified_at = created_at")
    op.execute(
        "UPDATE tokens SET connection_id ="
        " (SELECT min(id) FROM connections WHERE connections.organization_id = tokens.organization_id)"
    )


def downgrade() -> None:
    op.drop_index("ix_tokens_expires_at", table_name="tokens")
    op.drop_index("uq_audit_events_position", table_name="audit_events")
    op.drop_index("ix_audit_events_unsealed", table_name="audit_events")
    op.drop_index("ix_audit_events_actor", table_name="audit_events")
    op.drop_index("ix_audit_events_action", table_name="audit_events")
    op.drop_column("users", "role_granted_by_id")
    op.drop_column("users", "role_granted_by_type")
    op.drop_column("users", "role_granted_at")
    op.drop_column("tokens", "rotated_at")
    op.drop_column("tokens", "warned_days")
    op.drop_column("tokens", "expiry_period_days")
    op.drop_column("tokens", "modified_at")
    op.drop_column("tokens", "created_by_id")
    op.drop_column("tokens", "created_by_type")
    op.drop_column("tokens", "role_granted_by_id")
    op.drop_column("tokens", "role_granted_by_type")
    op.drop_column("tokens", "role_granted_at")
    op.drop_column("tokens", "previous_expires_at")
    op.drop_column("tokens", "previous_secret_digest")
    op.drop_column("tokens", "description")
    op.drop_column("tokens", "connection_id")
    op.drop_column("teams", "updated_by_id")
    op.drop_column("teams", "updated_by_type")
    op.drop_column("teams", "created_by_id")
    op.drop_column("teams", "created_by_type")
    op.drop_column("teams", "binding_count")
    op.drop_column("teams", "role_granted_by_id")
    op.drop_column("teams", "role_granted_by_type")
    op.drop_column("teams", "role_granted_at")
    op.drop_column("teams", "role")
    op.drop_column("teams", "description")
    op.drop_column("organizations", "audit_retention_days")
    op.drop_column("organizations", "billing_email")
    op.drop_column("organizations", "modified_at")
    op.drop_column("connections", "provisioning")
    op.drop_column("audit_events", "chain")
    op.drop_column("audit_events", "position")
    op.drop_column("audit_events", "digest")
    op.drop_column("audit_events", "actor_name")

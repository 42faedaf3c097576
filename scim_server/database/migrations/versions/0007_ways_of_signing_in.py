"""Map domains to Connections; keep bypass keys, what ends a login elsewhere, and who came to a Team by a login."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("domains", sa.Column("connection_id", TEXT, nullable=True))
    op.add_column("connection_sso", sa.Column("owner_entered_at", TEXT, nullable=True))
    op.add_column("connection_sso", sa.Column("owner_entered_by", TEXT, nullable=True))
    # A default is there for rows that are there already; the program always says what it writes.
    op.add_column("connection_sso", sa.Column("groups_to_teams", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("sessions", sa.Column("connection_id", TEXT, nullable=True))
    op.add_column("sessions", sa.Column("id_token", TEXT, nullable=True))
    op.add_column("team_members", sa.Column("claimed_by", TEXT, nullable=True))
    op.create_table(
        "sso_bypass_keys",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("created_by_type", TEXT, nullable=False),
        sa.Column("created_by_id", TEXT, nullable=True),
        sa.Column("created_by_name", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("last_used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sso_bypass_keys_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_sso_bypass_keys")),
    )
    op.create_index("uq_sso_bypass_keys_secret", "sso_bypass_keys", ["secret_digest"], unique=True)
    # Where there is but one Connection, its people are meant.
    op.execute(
        "UPDATE domains SET connection_id ="
        " (SELECT min(id) FROM connections WHERE connections.organization_id = domains.organization_id)"
        " WHERE (SELECT count(*) FROM connections WHERE connections.organization_id = domains.organization_id) = 1"
    )


def downgrade() -> None:
    op.drop_table("sso_bypass_keys")
    op.drop_column("team_members", "claimed_by")
    op.drop_column("sessions", "id_token")
    op.drop_column("sessions", "connection_id")
    op.drop_column("connection_sso", "groups_to_teams")
    op.drop_column("connection_sso", "owner_entered_by")
    op.drop_column("connection_sso", "owner_entered_at")
    op.drop_column("domains", "connection_id")

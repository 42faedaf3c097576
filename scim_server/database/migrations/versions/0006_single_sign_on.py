"""Create the tables of single sign-on: what a Connection knows of its provider, and logins under way."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "connection_sso",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("connection_id", TEXT, nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("client_secret", TEXT, nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("algorithms", sa.Text(), nullable=False),
        sa.Column("email_claim", TEXT, nullable=False),
        sa.Column("name_claim", TEXT, nullable=False),
        sa.Column("groups_claim", TEXT, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tested_at", TEXT, nullable=True),
        sa.Column("tested_by", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_connection_sso_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", name=op.f("pk_connection_sso")),
    )
    op.create_index("uq_connection_sso_connection", "connection_sso", ["connection_id"], unique=True)
    op.create_table(
        "sso_logins",
        sa.Column("state_digest", TEXT, nullable=False),
        sa.Column("browser_digest", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("connection_id", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("next_path", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=True),
        sa.Column("nonce", TEXT, nullable=False),
        sa.Column("verifier", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connection_sso.organization_id", "connection_sso.connection_id"],
            name=op.f("fk_sso_logins_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_sso_logins")),
    )
    op.create_index("ix_sso_logins_connection", "sso_logins", ["organization_id", "connection_id"], unique=False)
    op.create_index("ix_sso_logins_expires_at", "sso_logins", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("sso_logins")
    op.drop_table("connection_sso")

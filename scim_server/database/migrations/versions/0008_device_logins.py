"""Create what command lines log in by, and give their sessions an end of the access token and a first Organization."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("access_expires_at", TEXT, nullable=True))
    op.add_column("sessions", sa.Column("home_organization_id", TEXT, nullable=True))
    op.create_table(
        "refresh_tokens",
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_refresh_tokens_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_digest", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session", "refresh_tokens", ["session_id"], unique=False)
    op.create_table(
        "device_logins",
        sa.Column("device_digest", TEXT, nullable=False),
        sa.Column("user_digest", TEXT, nullable=False),
        sa.Column("device_name", TEXT, nullable=False),
        sa.Column("ip_address", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=True),
        sa.Column("organization_id", TEXT, nullable=True),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("polled_at", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("device_digest", name=op.f("pk_device_logins")),
    )
    op.create_index("uq_device_logins_user", "device_logins", ["user_digest"], unique=True)
    op.create_index("ix_device_logins_expires_at", "device_logins", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("device_logins")
    op.drop_table("refresh_tokens")
    # Without them they would pass for browsers.
    op.execute("DELETE FROM sessions WHERE access_expires_at IS NOT NULL")
    op.drop_column("sessions", "home_organization_id")
    op.drop_column("sessions", "access_expires_at")

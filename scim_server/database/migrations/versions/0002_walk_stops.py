"""Let the workers on one PostgreSQL share where index walks stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    # A crash may empty the table: a walk that is not remembered falls back to counting. So no WAL is spent on it.
    unlogged = ["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else []
    op.create_table(
        "walk_stops",
        sa.Column("query", TEXT, nullable=False),
        sa.Column("next_index", sa.Integer(), nullable=False),
        sa.Column("position", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("query", "next_index", name=op.f("pk_walk_stops")),
        prefixes=unlogged,
    )
    op.create_index("ix_walk_stops_expires_at", "walk_stops", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_walk_stops_expires_at", table_name="walk_stops")
    op.drop_table("walk_stops")

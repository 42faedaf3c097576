"""Create the table of what removals took, for as long as they can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "removed_users",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("removed_at", TEXT, nullable=False),
        sa.Column("removed_by_id", TEXT, nullable=True),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_removed_users_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_removed_users")),
    )
    op.create_index("ix_removed_users_removed_at", "removed_users", ["removed_at"])


def downgrade() -> None:
    op.drop_index("ix_removed_users_removed_at", "removed_users")
    op.drop_table("removed_users")

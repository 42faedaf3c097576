"""Serve the Owners' list of Users by indexes: by creation, by source, and a search in both names."""

from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

# Name; the columns after the Organization, before and after.
_WIDENED = {
    "ix_users_display_name": (["display_name_folded", "id"], ["user_name_folded"]),
    "ix_users_status": (["status", "role"], ["source"]),
}


def upgrade() -> None:
    for name, (columns, more) in _WIDENED.items():
        op.drop_index(name, table_name="users")
        op.create_index(name, "users", ["organization_id", *columns, *more])
    op.create_index("ix_users_created_at", "users", ["organization_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_users_created_at", table_name="users")
    for name, (columns, _more) in _WIDENED.items():
        op.drop_index(name, table_name="users")
        op.create_index(name, "users", ["organization_id", *columns])

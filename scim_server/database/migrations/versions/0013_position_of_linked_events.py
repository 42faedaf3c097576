"""Keep only linked audit events in the index of positions, so that a new event is not put there twice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NAME, _TABLE, _COLUMNS = "uq_audit_events_position", "audit_events", ["organization_id", "position"]
_LINKED = sa.text("position IS NOT NULL")


def upgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
    op.create_index(_NAME, _TABLE, _COLUMNS, unique=True, sqlite_where=_LINKED, postgresql_where=_LINKED)


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
    op.create_index(_NAME, _TABLE, _COLUMNS, unique=True)

"""Create the request journal and the counts of Connections and days; observations belong to a Connection."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
OBSERVED = ("quirk", "occurrences", "sample", "first_seen_at", "last_seen_at")


def _of_connection(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("connection_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f(f"fk_{table}_organization_id"),
            ondelete="CASCADE",
        ),
    )


def _observed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("quirk", TEXT, nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("sample", TEXT, nullable=False),
        sa.Column("first_seen_at", TEXT, nullable=False),
        sa.Column("last_seen_at", TEXT, nullable=False),
    )


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def upgrade() -> None:
    _observe_by_connection()
    op.create_table(
        "connection_traffic",
        *_of_connection("connection_traffic"),
        *_texts("day", "operation", "resource"),
        sa.Column("status", sa.Integer(), nullable=False),
        *_texts("kind"),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        *_texts("first_at", "last_at", "sample"),
        sa.PrimaryKeyConstraint(
            *("organization_id", "connection_id", "day", "operation", "resource", "status", "kind"),
            name=op.f("pk_connection_traffic"),
        ),
    )
    op.create_table(
        "connection_alerts",
        *_of_connection("connection_alerts"),
        *_texts("kind", "raised_at"),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", "kind", name=op.f("pk_connection_alerts")),
    )
    op.create_table(
        "journal_settings",
        *_of_connection("journal_settings"),
        *_texts("keeps"),
        sa.Column("keeps_bodies", sa.Boolean(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("days_failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", name=op.f("pk_journal_settings")),
    )
    op.create_table(
        "journal_entries",
        *_of_connection("journal_entries"),
        *_texts("id", "occurred_at", "method", "path", "query"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        *_texts("kind", "detail"),
        sa.Column("microseconds", sa.Integer(), nullable=False),
        *_texts("token_id", "token_name", "user_agent", "request_id"),
        sa.Column("quirks", sa.Text(), nullable=False),
        sa.Column("request_body", TEXT, nullable=True),
        sa.Column("answer_body", TEXT, nullable=True),
        *_texts("search"),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", "id", name=op.f("pk_journal_entries")),
    )
    op.create_index(
        "ix_journal_entries_failed", "journal_entries", ["organization_id", "connection_id", "failed", "id"]
    )
    op.create_table(
        "daily_counts",
        *_texts("organization_id", "day", "measure", "source"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_daily_counts_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "day", "measure", "source", name=op.f("pk_daily_counts")),
    )


def downgrade() -> None:
    for table in ("daily_counts", "journal_entries", "journal_settings", "connection_alerts", "connection_traffic"):
        op.drop_table(table)
    _observe_by_organization()


def _observe_by_connection() -> None:
    """Give what was observed in an Organization to its first Connection, which it mostly came by."""
    _set_aside()
    op.create_table(
        "connection_observations",
        *_of_connection("connection_observations"),
        *_observed(),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", "quirk", name=op.f("pk_connection_observations")),
    )
    columns = ", ".join(OBSERVED)
    op.execute(
        f"INSERT INTO connection_observations (organization_id, connection_id, {columns}) "  # noqa: S608 - no values
        f"SELECT old.organization_id, first.id, {columns} FROM observations_before AS old JOIN "
        "(SELECT organization_id, MIN(id) AS id FROM connections GROUP BY organization_id) AS first "
        "ON first.organization_id = old.organization_id"
    )
    op.drop_table("observations_before")


def _observe_by_organization() -> None:
    """Sum up what was observed on all Connections of an Organization."""
    _set_aside()
    op.create_table(
        "connection_observations",
        sa.Column("organization_id", TEXT, nullable=False),
        *_observed(),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_connection_observations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "quirk", name=op.f("pk_connection_observations")),
    )
    op.execute(
        "INSERT INTO connection_observations (organization_id, quirk, occurrences, sample, first_seen_at, last_seen_at)"
        " SELECT organization_id, quirk, SUM(occurrences), MAX(sample), MIN(first_seen_at), MAX(last_seen_at) "
        "FROM observations_before GROUP BY organization_id, quirk"
    )
    op.drop_table("observations_before")


def _set_aside() -> None:
    """Make room for the table under its name, and for its constraints under theirs: SQLite alters no primary key."""
    op.rename_table("connection_observations", "observations_before")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("pk_connection_observations", "fk_connection_observations_organization_id"):
            op.drop_constraint(name, "observations_before")

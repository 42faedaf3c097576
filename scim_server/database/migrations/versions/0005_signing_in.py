"""Create the tables of signing in: accounts, identities, sessions, second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("email_folded", TEXT, nullable=False),
        sa.Column("email_proved_at", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=True),
        sa.Column("password_changed_at", TEXT, nullable=True),
        sa.Column("disabled_at", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("modified_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index("uq_accounts_email", "accounts", ["email_folded"], unique=True)
    op.create_table(
        "login_attempts",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_at", TEXT, nullable=False),
        sa.Column("blocked_until", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_last_at", "login_attempts", ["last_at"], unique=False)
    op.create_table(
        "one_time_secrets",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_one_time_secrets_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_secrets")),
    )
    op.create_index("ix_one_time_secrets_account", "one_time_secrets", ["account_id", "purpose"], unique=False)
    op.create_index("ix_one_time_secrets_expires_at", "one_time_secrets", ["expires_at"], unique=False)
    op.create_index("uq_one_time_secrets_secret", "one_time_secrets", ["secret_digest"], unique=True)
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("code_digest", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "code_digest", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "second_factors",
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.Column("credential_id", TEXT, nullable=True),
        sa.Column("public_key", TEXT, nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("confirmed_at", TEXT, nullable=True),
        sa.Column("last_used_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_second_factors_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_second_factors")),
    )
    op.create_index("uq_second_factors_credential", "second_factors", ["credential_id"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=True),
        sa.Column("authenticated_by", TEXT, nullable=False),
        sa.Column("authenticated_at", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("last_seen_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("idle_expires_at", TEXT, nullable=False),
        sa.Column("rotation_due", sa.Boolean(), nullable=False),
        sa.Column("ip_address", TEXT, nullable=True),
        sa.Column("user_agent", TEXT, nullable=True),
        sa.Column("issuer", TEXT, nullable=True),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("provider_session", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sessions_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_account", "sessions", ["account_id", "organization_id"], unique=False)
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_organization", "sessions", ["organization_id"], unique=False)
    op.create_index("ix_sessions_subject", "sessions", ["issuer", "subject"], unique=False)
    op.create_index("uq_sessions_secret", "sessions", ["secret_digest"], unique=True)
    op.create_table(
        "identities",
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("connection_id", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("last_used_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_identities_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_identities_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_account", "identities", ["account_id"], unique=False)
    op.create_index("ix_identities_connection", "identities", ["organization_id", "connection_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        # Alembic would copy the table for the constraint, and dropping the old one would delete what refers to it.
        op.execute(
            "ALTER TABLE users ADD COLUMN account_id TEXT CONSTRAINT fk_users_account_id REFERENCES accounts (id)"
        )
    else:
        op.add_column("users", sa.Column("account_id", TEXT, nullable=True))
        op.create_foreign_key("fk_users_account_id", "users", "accounts", ["account_id"], ["id"])
    op.create_index(
        "uq_users_account",
        "users",
        ["account_id", "organization_id"],
        unique=True,
        sqlite_where=sa.text("account_id IS NOT NULL"),
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_users_account", "users")
    op.drop_column("users", "account_id")
    op.drop_table("identities")
    op.drop_table("sessions")
    op.drop_table("second_factors")
    op.drop_table("recovery_codes")
    op.drop_table("one_time_secrets")
    op.drop_table("login_attempts")
    op.drop_table("accounts")

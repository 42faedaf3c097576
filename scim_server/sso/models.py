"""The sign-on part of a Connection, and the logins that are under way."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText


class SsoSettings(Base):
    """How people sign in at a Connection's identity provider. `client_secret` is sealed; None for a public client.

    `scopes` and `algorithms` are lists; `groups_claim` is None where nobody asks for groups. `tested_at` and
    `tested_by` (an Account) are of the last login that worked with these very settings, by whoever tested them;
    `owner_entered_at` and `owner_entered_by` of the last test by which an Owner would have entered as themselves.
    `groups_to_teams`: the groups that `groups_claim` holds make people members of the Teams of these names.
    """

    __tablename__ = "connection_sso"

    organization_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    connection_id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    issuer: Mapped[str] = mapped_column(OrderedText)
    client_id: Mapped[str] = mapped_column(OrderedText)
    client_secret: Mapped[str | None] = mapped_column(OrderedText)
    scopes: Mapped[object] = mapped_column(JsonDocument)
    algorithms: Mapped[object] = mapped_column(JsonDocument)
    email_claim: Mapped[str] = mapped_column(OrderedText)
    name_claim: Mapped[str] = mapped_column(OrderedText)
    groups_claim: Mapped[str | None] = mapped_column(OrderedText)
    is_active: Mapped[bool]
    tested_at: Mapped[str | None] = mapped_column(Moment)
    tested_by: Mapped[str | None] = mapped_column(OrderedText)
    owner_entered_at: Mapped[str | None] = mapped_column(Moment)
    owner_entered_by: Mapped[str | None] = mapped_column(OrderedText)
    groups_to_teams: Mapped[bool]
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "connection_id"], ["connections.organization_id", "connections.id"], ondelete="CASCADE"
        ),
        # The addresses of a login name only the Connection.
        Index("uq_connection_sso_connection", "connection_id", unique=True),
    )


class SsoLogin(Base):
    """A login that is under way at the identity provider, until it comes back, once, to the browser that began it.

    Of `state`, and of the secret in that browser's cookie, only the digests are stored; `verifier` is sealed. `purpose`
    is one of `logins.Purpose`; `next_path` is where to go afterwards, on this server; `account_id` who was signed in.
    """

    __tablename__ = "sso_logins"

    state_digest: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    browser_digest: Mapped[str] = mapped_column(OrderedText)
    organization_id: Mapped[str] = mapped_column(OrderedText)
    connection_id: Mapped[str] = mapped_column(OrderedText)
    purpose: Mapped[str] = mapped_column(OrderedText)
    next_path: Mapped[str] = mapped_column(OrderedText)
    account_id: Mapped[str | None] = mapped_column(OrderedText)
    nonce: Mapped[str] = mapped_column(OrderedText)
    verifier: Mapped[str] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    expires_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connection_sso.organization_id", "connection_sso.connection_id"],
            ondelete="CASCADE",
        ),
        Index("ix_sso_logins_connection", "organization_id", "connection_id"),
        Index("ix_sso_logins_expires_at", "expires_at"),
    )

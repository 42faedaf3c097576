"""Account: a person's login over all Organizations; what it is recognised by, and the sessions that it has."""

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import JsonDocument, Moment, OrderedText

_OF_ACCOUNT = "accounts.id"


class Account(Base):
    """A person's login. It belongs to no Organization, and none can change it; `users.account_id` names it.

    `email_folded` is unique over the server. Without a password the person signs in at an identity provider alone.
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    email: Mapped[str] = mapped_column(OrderedText)
    email_folded: Mapped[str] = mapped_column(OrderedText)
    # When the person last showed that mail to the address reaches them; without that, no password lets them in.
    email_proved_at: Mapped[str | None] = mapped_column(Moment)
    name: Mapped[str] = mapped_column(OrderedText)
    password_hash: Mapped[str | None] = mapped_column(OrderedText)
    password_changed_at: Mapped[str | None] = mapped_column(Moment)
    # Set by the operator: the Account can be used nowhere.
    disabled_at: Mapped[str | None] = mapped_column(Moment)
    created_at: Mapped[str] = mapped_column(Moment)
    modified_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (Index("uq_accounts_email", "email_folded", unique=True),)


class Identity(Base):
    """Whom an identity provider calls `subject`; `email` is what it last said, and never looked up (nOAuth)."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    subject: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    account_id: Mapped[str] = mapped_column(OrderedText, ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"))
    # The Connection that brought it.
    organization_id: Mapped[str] = mapped_column(OrderedText)
    connection_id: Mapped[str] = mapped_column(OrderedText)
    email: Mapped[str | None] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    last_used_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "connection_id"], ["connections.organization_id", "connections.id"], ondelete="CASCADE"
        ),
        Index("ix_identities_account", "account_id"),
        Index("ix_identities_connection", "organization_id", "connection_id"),
    )


class Session(Base):
    """A browser that is signed in. The cookie holds a random secret, the row only its digest.

    `organization_id` is the only one that it is good for, set where that Organization's identity provider vouched; None
    after a password: then it is good wherever the person is an ACTIVE User. `authenticated_at` is when the person last
    showed who they are. `rotation_due` asks for a new secret at the next request, because the person's rights changed.
    `issuer`, `subject` and `provider_session` say which login at an identity provider it came from, for its logout;
    so do `connection_id` and `id_token`, which is sealed, and None where it is too long to be sent back.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    secret_digest: Mapped[str] = mapped_column(OrderedText)
    account_id: Mapped[str] = mapped_column(OrderedText, ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"))
    organization_id: Mapped[str | None] = mapped_column(OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"))
    authenticated_by: Mapped[str] = mapped_column(OrderedText)
    authenticated_at: Mapped[str] = mapped_column(Moment)
    created_at: Mapped[str] = mapped_column(Moment)
    last_seen_at: Mapped[str] = mapped_column(Moment)
    # However busy it is, and if nothing comes.
    expires_at: Mapped[str] = mapped_column(Moment)
    idle_expires_at: Mapped[str] = mapped_column(Moment)
    rotation_due: Mapped[bool]
    ip_address: Mapped[str | None] = mapped_column(OrderedText)
    user_agent: Mapped[str | None] = mapped_column(OrderedText)
    issuer: Mapped[str | None] = mapped_column(OrderedText)
    subject: Mapped[str | None] = mapped_column(OrderedText)
    provider_session: Mapped[str | None] = mapped_column(OrderedText)
    connection_id: Mapped[str | None] = mapped_column(OrderedText)
    id_token: Mapped[str | None] = mapped_column(OrderedText)
    # Of a command line: when its secret, an access token, ends; and the Organization where it begins.
    access_expires_at: Mapped[str | None] = mapped_column(Moment)
    home_organization_id: Mapped[str | None] = mapped_column(OrderedText)

    __table_args__ = (
        Index("uq_sessions_secret", "secret_digest", unique=True),
        Index("ix_sessions_account", "account_id", "organization_id"),
        Index("ix_sessions_organization", "organization_id"),
        Index("ix_sessions_subject", "issuer", "subject"),
        Index("ix_sessions_expires_at", "expires_at"),
    )


class RefreshToken(Base):
    """What gives the session of a command line another access token, once; used ones are kept to know them again."""

    __tablename__ = "refresh_tokens"

    secret_digest: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    session_id: Mapped[str] = mapped_column(OrderedText, ForeignKey("sessions.id", ondelete="CASCADE"))
    created_at: Mapped[str] = mapped_column(Moment)
    used_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_refresh_tokens_session", "session_id"),)


class DeviceLogin(Base):
    """A command line that waits for its person to approve it, by the short code that it shows (RFC 8628).

    `session_id` is the browser's session that answered: what it is good for, the command line will be. It is no foreign
    key: an ended session ends the login too, but nobody waits for its row.
    """

    __tablename__ = "device_logins"

    device_digest: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    user_digest: Mapped[str] = mapped_column(OrderedText)
    device_name: Mapped[str] = mapped_column(OrderedText)
    ip_address: Mapped[str | None] = mapped_column(OrderedText)
    state: Mapped[str] = mapped_column(OrderedText)
    session_id: Mapped[str | None] = mapped_column(OrderedText)
    organization_id: Mapped[str | None] = mapped_column(OrderedText)
    # Seconds to wait between two questions, and when the last one came.
    interval: Mapped[int]
    polled_at: Mapped[str | None] = mapped_column(Moment)
    created_at: Mapped[str] = mapped_column(Moment)
    expires_at: Mapped[str] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_device_logins_user", "user_digest", unique=True),
        Index("ix_device_logins_expires_at", "expires_at"),
    )


class OneTimeSecret(Base):
    """A random secret that does one thing once: the link of a mail, or a step of signing in that has a next.

    `purpose` is one of `secrets.Purpose`. `account_id` is None where a page must behave as if there were an Account.
    `data` is what the step needs to know, and what the secret is bound to beside the Account.
    """

    __tablename__ = "one_time_secrets"

    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    secret_digest: Mapped[str] = mapped_column(OrderedText)
    purpose: Mapped[str] = mapped_column(OrderedText)
    account_id: Mapped[str | None] = mapped_column(OrderedText, ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"))
    data: Mapped[object] = mapped_column(JsonDocument)
    created_at: Mapped[str] = mapped_column(Moment)
    expires_at: Mapped[str] = mapped_column(Moment)
    used_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_one_time_secrets_secret", "secret_digest", unique=True),
        Index("ix_one_time_secrets_account", "account_id", "purpose"),
        Index("ix_one_time_secrets_expires_at", "expires_at"),
    )


class LoginAttempts(Base):
    """How often something was tried of late, and until when it is not to be tried again; `key` says what by whom."""

    __tablename__ = "login_attempts"

    key: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    attempts: Mapped[int]
    last_at: Mapped[str] = mapped_column(Moment)
    blocked_until: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_login_attempts_last_at", "last_at"),)


class BypassKey(Base):
    """What lets people of an Organization sign in with a password where single sign-on is required of them.

    Only the digest of the link's secret is stored; there is one link of an Organization at a time.
    """

    __tablename__ = "sso_bypass_keys"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    secret_digest: Mapped[str] = mapped_column(OrderedText)
    created_by_type: Mapped[str] = mapped_column(OrderedText)
    created_by_id: Mapped[str | None] = mapped_column(OrderedText)
    created_by_name: Mapped[str | None] = mapped_column(OrderedText)
    created_at: Mapped[str] = mapped_column(Moment)
    last_used_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (Index("uq_sso_bypass_keys_secret", "secret_digest", unique=True),)


class SecondFactor(Base):
    """What a person shows beside a password. `kind` is `TOTP` or `PASSKEY`.

    `secret` is the sealed key of a TOTP, of which `last_step` was the last 30 seconds that were accepted. A passkey has
    `credential_id` and `public_key` (base64url) and counts its uses in `sign_count`. Without `confirmed_at` it is only
    being set up.
    """

    __tablename__ = "second_factors"

    account_id: Mapped[str] = mapped_column(OrderedText, ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    kind: Mapped[str] = mapped_column(OrderedText)
    name: Mapped[str] = mapped_column(OrderedText)
    secret: Mapped[str | None] = mapped_column(OrderedText)
    last_step: Mapped[int | None]
    credential_id: Mapped[str | None] = mapped_column(OrderedText)
    public_key: Mapped[str | None] = mapped_column(OrderedText)
    sign_count: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[str] = mapped_column(Moment)
    confirmed_at: Mapped[str | None] = mapped_column(Moment)
    last_used_at: Mapped[str | None] = mapped_column(Moment)

    __table_args__ = (Index("uq_second_factors_credential", "credential_id", unique=True),)


class RecoveryCode(Base):
    """A code that replaces a lost second factor once; only its digest is stored."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[str] = mapped_column(OrderedText, ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), primary_key=True)
    code_digest: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    created_at: Mapped[str] = mapped_column(Moment)
    used_at: Mapped[str | None] = mapped_column(Moment)

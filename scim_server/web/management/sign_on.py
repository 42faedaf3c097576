"""Single sign-on of a Connection: read, set up or change, remove. The client secret is taken and never shown."""

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields

from scim_server.accounts import bypass
from scim_server.sso import configuration
from scim_server.sso.configuration import CHANGE, READ, Configuration
from scim_server.sso.keys import KEY_TYPES
from scim_server.web.auth.sign_on import addresses
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.routing import organization_blueprint

sign_on = organization_blueprint("Single Sign-On", "How people sign in at a Connection's identity provider (OIDC).")

_RULE = "/connections/<connection_id>/sso"
_BYPASS = "/sso-bypass-key"
_ALGORITHMS = {"description": f"Of the ID token: some of {', '.join(KEY_TYPES)}."}


class SsoChangeSchema(Schema):
    """What to change; what is not named stays, or has its default."""

    issuer = fields.String(metadata={"description": "As the provider writes it, letter by letter."})
    clientId = fields.String(attribute="client_id")  # noqa: N815
    clientSecret = fields.String(attribute="client_secret", allow_none=True, load_only=True)  # noqa: N815
    scopes = fields.List(fields.String())
    algorithms = fields.List(fields.String(), metadata=_ALGORITHMS)
    emailClaim = fields.String(attribute="email_claim")  # noqa: N815
    nameClaim = fields.String(attribute="name_claim")  # noqa: N815
    groupsClaim = fields.String(attribute="groups_claim", allow_none=True)  # noqa: N815
    groupsToTeams = fields.Boolean(  # noqa: N815
        attribute="groups_to_teams",
        truthy={True},
        falsy={False},
        metadata={"description": "Whether the groups of that claim make people members of the Teams of these names."},
    )
    isActive = fields.Boolean(  # noqa: N815
        attribute="is_active",
        truthy={True},
        falsy={False},
        metadata={"description": "Whether people sign in by it; only once a test with these settings has worked."},
    )


class SsoSchema(SsoChangeSchema):
    """How people sign in by a Connection."""

    connectionId = fields.String(attribute="connection_id")  # noqa: N815
    hasClientSecret = fields.Boolean(attribute="has_client_secret")  # noqa: N815
    testedAt = fields.String(attribute="tested_at", allow_none=True)  # noqa: N815
    ownerEnteredAt = fields.String(  # noqa: N815
        attribute="owner_entered_at",
        allow_none=True,
        metadata={"description": "When a test last showed that an Owner, who tested it, enters as themselves."},
    )
    redirectUri = fields.String(metadata={"description": "For the provider: where it sends people back."})  # noqa: N815
    signInUrl = fields.String(metadata={"description": "Where people begin."})  # noqa: N815
    testUrl = fields.String(metadata={"description": "Where an Owner tests it, signed in."})  # noqa: N815
    backChannelLogoutUri = fields.String()  # noqa: N815
    postLogoutRedirectUri = fields.String()  # noqa: N815


class BypassKeySchema(Schema):
    """The link by which people sign in with a password although single sign-on is the only way."""

    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    createdByType = fields.String(attribute="created_by_type", required=True)  # noqa: N815
    createdById = fields.String(attribute="created_by_id", required=True, allow_none=True)  # noqa: N815
    createdByName = fields.String(attribute="created_by_name", required=True, allow_none=True)  # noqa: N815
    lastUsedAt = fields.String(attribute="last_used_at", required=True, allow_none=True)  # noqa: N815


class MadeBypassKeySchema(BypassKeySchema):
    """A bypass link with its address, which is shown this once."""

    url = fields.String(required=True)


@sign_on.endpoint(_RULE, "GET", permission=READ)
@sign_on.answers(200, SsoSchema)
def read_sso(connection_id: str) -> dict[str, Any]:
    """Read how people sign in by a Connection."""
    return _shown(configuration.read_configuration(current_requester(), connection_id))


@sign_on.endpoint(_RULE, "PATCH", permission=CHANGE, others=(409,))
@sign_on.reads(SsoChangeSchema)
@sign_on.answers(200, SsoSchema)
def change_sso(changes: dict[str, Any], connection_id: str) -> dict[str, Any]:
    """Set up or change how people sign in by a Connection; another client is off until a test of it has worked."""
    return _shown(configuration.configure(current_requester(), connection_id, changes))


@sign_on.endpoint(_RULE, "DELETE", permission=CHANGE)
@sign_on.answers(204)
def remove_sso(connection_id: str) -> None:
    """Have nobody sign in by a Connection any more."""
    configuration.remove_configuration(current_requester(), connection_id)


@sign_on.endpoint(_BYPASS, "GET", permission="organization.ssoBypassKey.get")
@sign_on.answers(200, BypassKeySchema)
def read_bypass_key() -> bypass.BypassKeyRecord:
    """Read when and by whom the bypass link was made, and when it was used; the link itself is never shown again."""
    return bypass.read_key(current_requester())


@sign_on.endpoint(_BYPASS, "POST", permission="organization.ssoBypassKey.create")
@sign_on.answers(200, MadeBypassKeySchema)
def make_bypass_key() -> dict[str, Any]:
    """Make the bypass link, and void the one before it. The link is in this answer and in no other."""
    made, url = bypass.make_key(current_requester())
    return {**asdict(made), "url": url}


@sign_on.endpoint(_BYPASS, "DELETE", permission="organization.ssoBypassKey.delete")
@sign_on.answers(204)
def delete_bypass_key() -> None:
    """Void the bypass link."""
    bypass.delete_key(current_requester())


def _shown(found: Configuration) -> dict[str, Any]:
    names = [field for field in Configuration.__dataclass_fields__ if not field.startswith("_")]
    return {**{name: getattr(found, name) for name in names}, **addresses(found.connection_id)}

"""Connections: list, create, read, change, delete, and what was observed on one."""

from dataclasses import asdict
from typing import Any

from flask import current_app
from marshmallow import Schema, fields, post_dump, post_load, validate

from scim_server.connections import administration, deletion
from scim_server.connections.administration import MAX_NAME_LENGTH, ConnectionRecord
from scim_server.connections.observations import Observation
from scim_server.connections.service import REFUSE, SKIP, ProvisioningState
from scim_server.roles.catalogue import catalogue
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import EnvelopeSchema, PageSchema, page
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import LineField

connections = organization_blueprint(
    "Connections", "The links to identity providers: whether they may push, and whether people join just in time."
)
DISABLED = "DISABLED"
JOINABLE = [role for role in catalogue().organization.names if role != catalogue().owner]
_UNKNOWN_MEMBERS = {"SKIP": SKIP, "REFUSE": REFUSE}


class SettingsSchema(Schema):
    """What an Owner sets of a Connection."""

    name = LineField(MAX_NAME_LENGTH)
    automaticMembership = fields.String(  # noqa: N815
        attribute="automatic_membership",
        validate=validate.OneOf([DISABLED, *JOINABLE]),
        metadata={"description": "The role of people who join just in time; DISABLED: they wait for an invitation."},
    )
    provisioning = fields.String(
        validate=validate.OneOf([state.value for state in ProvisioningState]),
        metadata={"description": "OFF answers SCIM by 403, PAUSED by 503 with Retry-After; all data is kept."},
    )
    unknownMembers = fields.String(  # noqa: N815
        attribute="unknown_members",
        validate=validate.OneOf(list(_UNKNOWN_MEMBERS)),
        metadata={"description": "What a Group's member ids that name nobody do."},
    )

    @post_load
    def _to_stored(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data.get("automatic_membership") == DISABLED:
            data["automatic_membership"] = None
        if "unknown_members" in data:
            data["unknown_members"] = _UNKNOWN_MEMBERS[data["unknown_members"]]
        return data


class NewConnectionSchema(SettingsSchema):
    """A new Connection."""

    name = LineField(MAX_NAME_LENGTH, required=True)
    automaticMembership = fields.String(  # noqa: N815
        attribute="automatic_membership",
        validate=validate.OneOf([DISABLED, *JOINABLE]),
        load_default=catalogue().default,
    )
    provisioning = fields.String(
        validate=validate.OneOf([state.value for state in ProvisioningState]), load_default=ProvisioningState.ON.value
    )
    unknownMembers = fields.String(  # noqa: N815
        attribute="unknown_members", validate=validate.OneOf(list(_UNKNOWN_MEMBERS)), load_default="SKIP"
    )


class ConnectionChangeSchema(SettingsSchema):
    """What changes of a Connection; what is not named stays."""

    admitWaiting = fields.Boolean(  # noqa: N815
        attribute="admit_waiting",
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Let the waiting Users join in the same transaction, with the automatic role."},
    )


class ConnectionSchema(Schema):
    """A Connection. `waitingUsers` is how many people of the Organization wait for an invitation."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    automaticMembership = fields.String(attribute="automatic_membership", required=True)  # noqa: N815
    provisioning = fields.String(required=True)
    unknownMembers = fields.String(attribute="unknown_members", required=True)  # noqa: N815
    waitingUsers = fields.Integer(attribute="waiting_users", required=True)  # noqa: N815
    scimBaseUrl = fields.Function(lambda _: _scim_base_url(), required=True)  # noqa: N815
    createdAt = fields.String(attribute="created_at", required=True)  # noqa: N815
    updatedAt = fields.String(attribute="modified_at", required=True)  # noqa: N815

    @post_dump
    def _to_wire(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["automaticMembership"] = data["automaticMembership"] or DISABLED
        data["unknownMembers"] = data["unknownMembers"].upper()
        return data


class ChangedConnectionSchema(ConnectionSchema):
    """A Connection after a change."""

    admittedUsers = fields.Integer(attribute="admitted_users", required=True)  # noqa: N815


class ConnectionsSchema(EnvelopeSchema):
    """A page of Connections."""

    connections = fields.List(fields.Nested(ConnectionSchema), required=True)


class ObservationSchema(Schema):
    """How often one kind of repair was needed."""

    quirk = fields.String(required=True)
    occurrences = fields.Integer(required=True)
    sample = fields.String(required=True)
    firstSeenAt = fields.String(attribute="first_seen_at", required=True)  # noqa: N815
    lastSeenAt = fields.String(attribute="last_seen_at", required=True)  # noqa: N815


class ObservationsSchema(Schema):
    """All that was observed."""

    observations = fields.List(fields.Nested(ObservationSchema), required=True)


@connections.endpoint("/connections", "GET", permission="organization.connections.get")
@connections.reads(PageSchema, "query")
@connections.answers(200, ConnectionsSchema)
def list_connections(query: dict[str, Any]) -> dict[str, Any]:
    """List the Connections, the oldest first."""
    found, total = administration.list_connections(current_requester(), limit=query["limit"], offset=query["offset"])
    return page("connections", found, total, query)


@connections.endpoint("/connections", "POST", permission="organization.connections.create", others=(409,))
@connections.reads(NewConnectionSchema)
@connections.answers(200, ConnectionSchema)
def create_connection(body: dict[str, Any]) -> ConnectionRecord:
    """Create a Connection; its tokens are made by naming it."""
    return administration.create_connection(current_requester(), body)


@connections.endpoint("/connections/<connection_id>", "GET", permission="organization.connections.get")
@connections.answers(200, ConnectionSchema)
def read_connection(connection_id: str) -> ConnectionRecord:
    """Read a Connection."""
    return administration.find_connection(current_requester(), connection_id)


@connections.endpoint(
    "/connections/<connection_id>", "PATCH", permission="organization.connections.update", others=(409,)
)
@connections.reads(ConnectionChangeSchema)
@connections.answers(200, ChangedConnectionSchema)
def change_connection(body: dict[str, Any], connection_id: str) -> dict[str, Any]:
    """Change a Connection; members stay members, and who waits goes on waiting unless `admitWaiting` says otherwise."""
    admit = body.pop("admit_waiting")
    changed, admitted = administration.change_connection(current_requester(), connection_id, body, admit_waiting=admit)
    return {**asdict(changed), "admitted_users": admitted}


@connections.endpoint(
    "/connections/<connection_id>", "DELETE", permission="organization.connections.delete", others=(409,)
)
@connections.answers(204)
def delete_connection(connection_id: str) -> None:
    """Delete a Connection; people and Teams stay."""
    deletion.delete_connection(current_requester(), connection_id)


@connections.endpoint("/connections/<connection_id>/observations", "GET", permission="organization.connections.get")
@connections.answers(200, ObservationsSchema)
def list_observations(connection_id: str) -> dict[str, list[Observation]]:
    """List what was repaired or ignored of what came by a Connection."""
    return {"observations": administration.observations_of(current_requester(), connection_id)}


def _scim_base_url() -> str:
    return f"{current_app.config['PUBLIC_URL']}/scim/v2/{current_requester().organization_id}"

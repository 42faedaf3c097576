"""Change an Organization together with whether it is provisioned, as one form and one transaction."""

from typing import Any

from sqlalchemy import bindparam, select, update

from scim_server.audit.service import Event, record
from scim_server.connections.models import Connection
from scim_server.connections.service import ProvisioningState
from scim_server.database import transaction
from scim_server.identifiers import now
from scim_server.organizations.details import OrganizationDetails, change_details, read_details
from scim_server.roles.authority import Requester

_LOCK = (
    select(Connection.id, Connection.provisioning)
    .where(Connection.organization_id == bindparam("organization"))
    .order_by(Connection.id)
    .with_for_update()
)
_SET = (
    update(Connection)
    .where(Connection.organization_id == bindparam("key_organization"), Connection.id == bindparam("key_id"))
    .values(provisioning=bindparam("state"), modified_at=bindparam("moment"))
)


def change_organization(requester: Requester, *, is_scim_enabled: bool, **details: Any) -> OrganizationDetails:
    """Set the details (see `change_details`) and switch provisioning on or off; raises Forbidden, InvalidValue.

    On means that the first Connection is ON where none was; a paused one stays paused. Off means all of them.
    """
    requester.require("organization.update")
    organization_id = requester.organization_id
    with transaction():
        change_details(organization_id, requester.origin, details)
        _set_provisioning(requester, is_enabled=is_scim_enabled)
        return read_details(organization_id)


def _set_provisioning(requester: Requester, *, is_enabled: bool) -> None:
    organization_id = requester.organization_id
    with transaction() as connection:
        found = connection.execute(_LOCK, {"organization": organization_id}).all()
        enabled = [row for row in found if row.provisioning != ProvisioningState.OFF.value]
        state = ProvisioningState.ON if is_enabled else ProvisioningState.OFF
        changed = (found[:1] if not enabled else []) if is_enabled else enabled
        for row in changed:
            key = {"key_organization": organization_id, "key_id": row.id}
            connection.execute(_SET, {**key, "state": state.value, "moment": now()})
            changes = {"provisioning": [row.provisioning, state.value]}
            event = Event("owner:connection:updated", "Connection", row.id, changes)
            record(connection, organization_id, requester.origin, [event])

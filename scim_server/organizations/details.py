"""An Organization as its members see it, and what its Owners change of it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, bindparam, exists, select, table, update
from sqlalchemy import column as column_of

from scim_server.audit.service import Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.database.types import JsonDocument
from scim_server.identifiers import now
from scim_server.organizations.models import Organization
from scim_server.organizations.service import OrganizationError, checked_name
from scim_server.protocol.errors import InvalidValue

# Connections and domains stand above in the order of imports, so their tables are named by what is needed of them.
_connections = table("connections", column_of("organization_id", Text()), column_of("provisioning", Text()))
_domains = table(
    "domains",
    *(column_of(name, Text()) for name in ("organization_id", "id", "name", "state", "created_at", "modified_at")),
    column_of("enforced_logins", JsonDocument()),
)
_IS_PROVISIONED = exists().where(
    _connections.c.organization_id == Organization.id, _connections.c.provisioning != "OFF"
)
_DETAILS = select(
    Organization.id,
    Organization.slug,
    Organization.name,
    Organization.billing_email,
    Organization.audit_retention_days,
    Organization.created_at,
    Organization.modified_at,
    _IS_PROVISIONED.label("is_scim_enabled"),
).where(Organization.id == bindparam("organization"))
_DOMAINS = (
    select(
        _domains.c.id,
        _domains.c.name,
        _domains.c.state,
        _domains.c.enforced_logins,
        _domains.c.created_at,
        _domains.c.modified_at,
    )
    .where(_domains.c.organization_id == bindparam("organization"))
    .order_by(_domains.c.name)
)
_LOCK = (
    select(Organization.name, Organization.billing_email, Organization.audit_retention_days)
    .where(Organization.id == bindparam("organization"))
    .with_for_update()
)
_CHANGE = (
    update(Organization)
    .where(Organization.id == bindparam("key_id"))
    .values(
        name=bindparam("new_name"),
        billing_email=bindparam("new_billing_email"),
        audit_retention_days=bindparam("new_audit_retention_days"),
        modified_at=bindparam("moment"),
    )
)
# What the columns are called in audit events.
_TOLD = {"name": "name", "billing_email": "billingEmail", "audit_retention_days": "auditRetentionDays"}


@dataclass(frozen=True, slots=True)
class ManagedDomain:
    """A domain of the Organization in short."""

    id: str
    name: str
    status: str
    enforced_logins: list[str]
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class OrganizationDetails:
    """An Organization; `is_scim_enabled` says whether any identity provider provisions it, be it paused for now."""

    id: str
    slug: str
    name: str
    billing_email: str | None
    audit_retention_days: int | None
    is_scim_enabled: bool
    managed_domains: list[ManagedDomain]
    created_at: str
    updated_at: str


def read_details(organization_id: str) -> OrganizationDetails:
    """Return an Organization that is there."""
    bound = {"organization": organization_id}
    with reading() as connection:
        row = connection.execute(_DETAILS, bound).one()
        domains = [ManagedDomain(*found) for found in connection.execute(_DOMAINS, bound)]
    return OrganizationDetails(
        id=row.id,
        slug=row.slug,
        name=row.name,
        billing_email=row.billing_email,
        audit_retention_days=row.audit_retention_days,
        is_scim_enabled=bool(row.is_scim_enabled),
        managed_domains=domains,
        created_at=row.created_at,
        updated_at=row.modified_at,
    )


def change_details(organization_id: str, origin: Origin, changed: dict[str, Any]) -> None:
    """Set name, billing_email and audit_retention_days as far as they are in `changed`; raises InvalidValue."""
    if "name" in changed:
        try:
            changed = {**changed, "name": checked_name(changed["name"])}
        except OrganizationError as error:
            raise InvalidValue(str(error), field="name") from None
    with transaction() as connection:
        _change(connection, organization_id, origin, changed)


def _change(connection: Connection, organization_id: str, origin: Origin, changed: dict[str, Any]) -> None:
    before = connection.execute(_LOCK, {"organization": organization_id}).one()._asdict()
    after = {**before, **changed}
    if after == before:
        return
    new = {f"new_{name}": value for name, value in after.items()}
    connection.execute(_CHANGE, {"key_id": organization_id, "moment": now(), **new})
    changes = {told: [before[name], after[name]] for name, told in _TOLD.items() if before[name] != after[name]}
    event = Event("owner:organization:updated", "Organization", organization_id, changes)
    record(connection, organization_id, origin, [event])

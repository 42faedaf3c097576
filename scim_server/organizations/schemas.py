"""The resource types of an Organization: the built-in ones with the extensions that it registered."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from scim_server.audit.service import Event, Origin, record
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.organizations.models import Organization, OrganizationExtension
from scim_server.protocol.attributes import ResourceType, Schema
from scim_server.protocol.errors import InvalidValue
from scim_server.protocol.extensions import load_schema
from scim_server.protocol.schemas import GROUP, USER, with_extensions

# Organizations whose own schemas are kept ready in a worker.
MAX_REMEMBERED = 256
MAX_EXTENSIONS = 20


class ResourceTypes(NamedTuple):
    """The resource types of one Organization."""

    user: ResourceType
    group: ResourceType


class ResourceSettings(NamedTuple):
    """How one Organization's resources are stored by whoever is no provisioning client."""

    types: ResourceTypes
    unique_team_names: bool


_SETTINGS = select(Organization.schema_revision, Organization.unique_team_names).where(
    Organization.id == bindparam("organization")
)
_BUILT_IN = ResourceTypes(USER, GROUP)


def resource_types(organization_id: str, schema_revision: int) -> ResourceTypes:
    """Return the Organization's resource types; the revision comes with each request's token."""
    return _BUILT_IN if schema_revision == 0 else _extended(organization_id, schema_revision)


def resource_settings(connection: Connection, organization_id: str) -> ResourceSettings:
    """Return how the Organization's resources are stored, as it stands in this transaction."""
    row = connection.execute(_SETTINGS, {"organization": organization_id}).one()
    return ResourceSettings(resource_types(organization_id, row.schema_revision), row.unique_team_names)


@lru_cache(maxsize=MAX_REMEMBERED)
def _extended(organization_id: str, schema_revision: int) -> ResourceTypes:  # noqa: ARG001 - part of the cache key
    extensions: dict[str, list[Schema]] = {USER.name: [], GROUP.name: []}
    statement = (
        select(OrganizationExtension.resource_type, OrganizationExtension.document)
        .where(OrganizationExtension.organization_id == organization_id)
        .order_by(OrganizationExtension.created_at, OrganizationExtension.urn_folded)
    )
    with reading() as connection:
        for resource_type, document in connection.execute(statement):
            extensions[resource_type].append(load_schema(document))
    return ResourceTypes(
        with_extensions(USER, tuple(extensions[USER.name])), with_extensions(GROUP, tuple(extensions[GROUP.name]))
    )


def list_extensions(organization_id: str) -> list[tuple[str, Any]]:
    """Return the registered extensions as (resource type, schema document)."""
    statement = (
        select(OrganizationExtension.resource_type, OrganizationExtension.document)
        .where(OrganizationExtension.organization_id == organization_id)
        .order_by(OrganizationExtension.created_at, OrganizationExtension.urn_folded)
    )
    with reading() as connection:
        return [(row.resource_type, row.document) for row in connection.execute(statement)]


def register_extension(
    organization_id: str, origin: Origin, *, resource_type: str, document: Mapping[str, Any]
) -> Schema:
    """Register a schema extension for Users or Groups; from the next request on it is stored, filtered and PATCHed.

    Raises InvalidValue for a document that is no schema, or whose URN the Organization has already.
    """
    schema: Schema = load_schema(document)
    folded = schema.id.lower()
    of_organization = OrganizationExtension.organization_id == organization_id
    with transaction() as connection:
        present = set(connection.execute(select(OrganizationExtension.urn_folded).where(of_organization)).scalars())
        if folded in present:
            raise InvalidValue(f"id: this Organization has the extension '{schema.id}' already; remove it first.")
        if len(present) >= MAX_EXTENSIONS:
            raise InvalidValue(f"An Organization can register {MAX_EXTENSIONS} extensions; remove one first.")
        row = {
            "organization_id": organization_id,
            "urn_folded": folded,
            "resource_type": resource_type,
            "document": dict(document),
            "created_at": now(),
        }
        connection.execute(insert(OrganizationExtension), row)
        _raise_revision(connection, organization_id)
        event = Event("owner:extension:registered", "Extension", schema.id, {"resourceType": [None, resource_type]})
        record(connection, organization_id, origin, [event])
    return schema


def remove_extension(organization_id: str, origin: Origin, urn: str) -> bool:
    """Stop knowing an extension.

    Its values stay stored and unseen until it is registered again, or until their resource is changed.
    """
    of_extension = (
        OrganizationExtension.organization_id == organization_id,
        OrganizationExtension.urn_folded == urn.lower(),
    )
    with transaction() as connection:
        if connection.execute(delete(OrganizationExtension).where(*of_extension)).rowcount == 0:
            return False
        _raise_revision(connection, organization_id)
        record(connection, organization_id, origin, [Event("owner:extension:removed", "Extension", urn, {})])
    return True


def _raise_revision(connection: Any, organization_id: str) -> None:
    revision = Organization.schema_revision + 1
    connection.execute(update(Organization).where(Organization.id == organization_id).values(schema_revision=revision))

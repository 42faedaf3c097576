"""What audit events say of Users, whoever changes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scim_server.audit.service import Event, Origin, record
from scim_server.database import transaction
from scim_server.users.ownership import LastOwner
from scim_server.users.policy import Membership


def standing(membership: Membership) -> dict[str, Any]:
    """Return what an audit event says of the standing, under names that no SCIM attribute has."""
    return {
        "#status": membership.status.value,
        "#role": membership.role,
        "#source": membership.source.value,
        "#isIdpManaged": membership.is_idp_managed,
    }


@contextmanager
def refusal_recorded(
    organization_id: str, origin: Origin, user_id: str, action: str = "scim:user:refused"
) -> Iterator[None]:
    """Keep an audit event of a refusal, after the transaction that it ended has stored nothing."""
    try:
        yield
    except LastOwner as refusal:
        event = Event(action, "User", user_id, {"#reason": [None, refusal.detail]})
        with transaction() as connection:
            record(connection, organization_id, origin, [event])
        raise

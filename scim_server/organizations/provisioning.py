"""The circumstances of one provisioning request, handed to every service function that it calls."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from scim_server.audit.service import Origin
from scim_server.protocol.attributes import ResourceType


@dataclass(frozen=True, slots=True)
class JoiningPolicy:
    """How people and members join: read inside the transaction that decides by it.

    `automatic_membership` is the role of people who join just in time, None where that is switched off;
    `refuse_unknown_members` makes a Group's unknown member ids an error instead of skipping them.
    """

    automatic_membership: str | None
    refuse_unknown_members: bool = False


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Which Organization is provisioned, with which schemas, by whom, and under which policy.

    `base` is the Organization's SCIM base URL without a trailing slash, the only source of `meta.location`.
    `automatic_membership` is the Connection's as it stood when the token was recognised: what is decided by it is
    written only where it still stands.
    """

    organization_id: str
    base: str
    user_type: ResourceType
    group_type: ResourceType
    origin: Origin
    policy: Callable[[Connection], JoiningPolicy]
    unique_team_names: bool = True
    has_nested_teams: bool = False
    connection_id: str = ""
    automatic_membership: str | None = None

"""Where a User's attributes are stored, for the directory's compiler, order and search."""

from functools import partial

from sqlalchemy import Table

from scim_server.directory.mapping import Derived, Elements, StorageMapping, common_columns
from scim_server.directory.search import Directory
from scim_server.protocol.schemas import USER
from scim_server.users.memberships import complete_groups, groups_elements, groups_json, groups_keys
from scim_server.users.models import User, UserEmail

_users = User.__table__

EMAILS = Elements(
    source=UserEmail.__table__,
    organization=UserEmail.organization_id.expression,
    owner=UserEmail.user_id.expression,
    columns={
        "value": UserEmail.value_folded.expression,
        "type": UserEmail.type_folded.expression,
        "display": UserEmail.display_folded.expression,
        "primary": UserEmail.is_primary.expression,
    },
    order=(UserEmail.is_primary.desc().nulls_last(), UserEmail.position.expression),
)


def _user_mapping(*, nested: bool) -> StorageMapping:
    assert isinstance(_users, Table)
    return StorageMapping(
        table=_users,
        columns={
            **common_columns(_users, USER),
            "userName": _users.c.user_name_folded,
            "displayName": _users.c.display_name_folded,
            "active": _users.c.active,
        },
        elements={"emails": EMAILS, "groups": groups_elements(nested=nested)},
        derived_name="groups",
        derived=Derived(partial(groups_json, nested=nested)),
        # A second statement for all costs less than JSON in the first, from some twenty Users on.
        derived_of_many=Derived(partial(groups_keys, nested=nested), complete_groups),
        lookups=frozenset({"id", "userName", "externalId", "displayName", "emails.value"}),
    )


USER_MAPPING = _user_mapping(nested=False)

_USERS = Directory(USER_MAPPING)
_USERS_IN_NESTED_TEAMS = Directory(_user_mapping(nested=True))


def users_directory(*, has_nested_teams: bool) -> Directory:
    """Return the directory of Users; where Teams are nested, `groups` follows them, which costs more."""
    return _USERS_IN_NESTED_TEAMS if has_nested_teams else _USERS

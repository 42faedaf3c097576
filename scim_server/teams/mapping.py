"""Where a Team's attributes are stored, for the directory's compiler, order and search."""

from sqlalchemy import Table

from scim_server.directory.mapping import Derived, StorageMapping, common_columns
from scim_server.directory.search import Directory
from scim_server.protocol.schemas import GROUP
from scim_server.teams.members import MEMBERS, complete_members, members_text
from scim_server.teams.models import Team

_teams = Team.__table__
assert isinstance(_teams, Table)

TEAM_MAPPING = StorageMapping(
    table=_teams,
    columns={**common_columns(_teams, GROUP), "displayName": _teams.c.display_name_folded},
    elements={"members": MEMBERS},
    derived_name="members",
    derived=Derived(members_text, complete_members),
)

TEAMS = Directory(TEAM_MAPPING)

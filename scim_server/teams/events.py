"""What audit events say of the members of Teams, whoever changes them."""

from typing import Any

from scim_server.audit.service import Event
from scim_server.teams.membership import MemberRows

# Ids named in an audit event of one change; the rest is told by number.
MAX_IDS_IN_EVENT = 100
# One change that takes out more than so many members, and more than this share of them, is told by itself (PT03).
MANY_MEMBERS, SHARE_OF_MEMBERS = 50, 0.5
MASS_REMOVAL = "scim:team:mass-removal"


def member_changes(rows: MemberRows) -> dict[str, list[Any]]:
    """Return who came and went, and which ids named nobody, under names that no SCIM attribute has."""
    ids = {"#membersAdded": rows.added, "#membersRemoved": rows.removed, "#unknownMembers": rows.unknown}
    told: dict[str, list[Any]] = {name: [None, found[:MAX_IDS_IN_EVENT]] for name, found in ids.items() if found}
    if any(len(found) > MAX_IDS_IN_EVENT for found in ids.values()):
        told["#memberChanges"] = [None, {name: len(found) for name, found in ids.items()}]
    return told


def is_mass_removal(removed: int, members: int) -> bool:
    """Tell whether a change took out so many of the `members` that there were that somebody should look."""
    return removed > MANY_MEMBERS and removed > SHARE_OF_MEMBERS * members


def alarms(team_id: str, removed: int, members: int) -> list[Event]:
    """Return the event that says so, beside the one of the change itself; none where there were fewer."""
    if not is_mass_removal(removed, members):
        return []
    return [
        Event(MASS_REMOVAL, "Team", team_id, {"#membersRemoved": [None, removed], "#membersBefore": [None, members]})
    ]

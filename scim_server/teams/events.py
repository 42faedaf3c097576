"""What audit events say of the members of Teams, whoever changes them."""

from typing import Any

from scim_server.teams.membership import MemberRows

# Ids named in an audit event of one change; the rest is told by number.
MAX_IDS_IN_EVENT = 100


def member_changes(rows: MemberRows) -> dict[str, list[Any]]:
    """Return who came and went, and which ids named nobody, under names that no SCIM attribute has."""
    ids = {"#membersAdded": rows.added, "#membersRemoved": rows.removed, "#unknownMembers": rows.unknown}
    told: dict[str, list[Any]] = {name: [None, found[:MAX_IDS_IN_EVENT]] for name, found in ids.items() if found}
    if any(len(found) > MAX_IDS_IN_EVENT for found in ids.values()):
        told["#memberChanges"] = [None, {name: len(found) for name, found in ids.items()}]
    return told

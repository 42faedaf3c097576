"""What a provisioning client does with Groups: one function per intention, each one transaction.

Every function takes the `Provisioning` it acts in. Members are changed by deltas; see membership.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import Event, record
from scim_server.database import is_unique_violation, transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import Stored, load_attributes
from scim_server.identifiers import new_id, now
from scim_server.organizations.provisioning import Provisioning
from scim_server.protocol.apply import apply
from scim_server.protocol.changes import AddValues, Change, RemoveAttribute, RemoveMatching, RemoveValues, SetAttribute
from scim_server.protocol.errors import InvalidValue, Mutability, NotFound, PreconditionFailed, Uniqueness
from scim_server.protocol.etag import matches
from scim_server.teams import store
from scim_server.teams.consequences import members_changed, team_is_deleted
from scim_server.teams.events import MAX_IDS_IN_EVENT, alarms, member_changes
from scim_server.teams.membership import MemberRows

Attributes = Mapping[str, Any]


class Outcome(NamedTuple):
    """A Team after a change: its id, version and number of members, and the member ids that named nobody.

    `stored` is the row, where the caller asked for it.
    """

    id: str
    version: int
    member_count: int
    unknown_members: tuple[str, ...]
    stored: Stored | None = None


# Reads the changed Team inside its transaction: what it sees is what was written, and if it fails nothing was.
Read = Callable[[Outcome], Stored | None]


def create(
    provisioning: Provisioning, attributes: Attributes, *, team_id: str | None = None, read: Read | None = None
) -> Outcome:
    """Create a Team with the members named in `attributes`; raises Uniqueness where its displayName is taken."""
    team_id = team_id or new_id()
    own, members = _split(attributes)
    row = {
        **store.creation_row(provisioning.organization_id, team_id, provisioning.origin, now()),
        **_row(provisioning, team_id, own),
        "is_idp_managed": True,
    }
    with _unique_name(), transaction() as connection:
        store.insert_team(connection, row)
        rows = MemberRows(connection, provisioning.organization_id, team_id)
        rows.add(member_ids(members or ()))
        _check_unknown(connection, provisioning, rows)
        if rows.added:
            counted = {"member_count": len(rows.added)}
            store.update_team(connection, provisioning.organization_id, team_id, counted)
        _record(connection, provisioning, "scim:team:created", team_id, differences({}, own), rows)
        return _outcome(team_id, 1, len(rows.added), rows, read)


def replace_team(
    provisioning: Provisioning,
    team_id: str,
    attributes: Attributes,
    *,
    if_match: str | None = None,
    read: Read | None = None,
) -> Outcome:
    """Replace a Team's attributes and, where the body names members, its members (RFC 7644 §3.5.1).

    A body without `members` leaves them alone (idp-wire O57); `members: []` empties the Team.
    """
    own, members = _split(attributes)

    def replaced(rows: MemberRows, before: Attributes) -> Attributes:  # noqa: ARG001 - the signature of a change
        if members is not None:
            rows.replace(member_ids(members))
        return own

    return _change(provisioning, team_id, replaced, if_match, read)


def patch(
    provisioning: Provisioning,
    team_id: str,
    changes: tuple[Change, ...],
    *,
    if_match: str | None = None,
    read: Read | None = None,
) -> Outcome:
    """Apply the changes of one PATCH, all or none (RFC 7644 §3.5.2).

    Members and other attributes never depend on one another, so each kind keeps its own order.
    """

    def patched(rows: MemberRows, before: Attributes) -> Attributes:
        others = [change for change in changes if not _concerns_members(change)]
        for change in changes:
            if _concerns_members(change):
                _change_members(rows, change, provisioning)
        return apply(others, before, provisioning.group_type) if others else before

    return _change(provisioning, team_id, patched, if_match, read)


def delete(provisioning: Provisioning, team_id: str, *, if_match: str | None = None) -> None:
    """Delete a Team; its members stay in the Organization. Raises NotFound."""
    with transaction() as connection:
        team = _locked(connection, provisioning, team_id, if_match)
        team_is_deleted(connection, provisioning.organization_id, provisioning.origin, team.privileges)
        store.delete_team(connection, provisioning.organization_id, team_id, now())
        gone = differences({**load_attributes(team.document), "#memberCount": team.member_count}, {})
        event = Event("scim:team:deleted", "Team", team_id, gone)
        record(connection, provisioning.organization_id, provisioning.origin, [event])


def member_ids(members: Iterable[Any]) -> list[str]:
    """Return the ids that member elements name; raises InvalidValue for one without."""
    ids = [member.get("value") for member in members]
    if not all(ids):
        raise InvalidValue("members: each member needs a 'value', the id of a User or Group.")
    return ids


def _change(
    provisioning: Provisioning,
    team_id: str,
    change: Callable[[MemberRows, Attributes], Attributes],
    if_match: str | None,
    read: Read | None,
) -> Outcome:
    organization_id = provisioning.organization_id
    with _unique_name(), transaction() as connection:
        team = _locked(connection, provisioning, team_id, if_match)
        before = load_attributes(team.document)
        rows = MemberRows(connection, organization_id, team_id)
        after = change(rows, before)
        _check_unknown(connection, provisioning, rows)
        changed: dict[str, Any] = {}
        version, count = team.version, team.member_count + len(rows.added) - len(rows.removed)
        if after != before:
            changed = _row(provisioning, team_id, after)
        if changed or rows.changed:
            version += 1
            changed |= {"version": version, "member_count": count, **store.change_row(provisioning.origin, now())}
        if not team.is_idp_managed:
            changed["is_idp_managed"] = True
        if changed:
            store.update_team(connection, organization_id, team_id, changed)
            _record(
                connection,
                provisioning,
                "scim:team:updated",
                team_id,
                differences(before, after),
                rows,
                team.member_count,
            )
        members_changed(
            connection,
            organization_id,
            provisioning.origin,
            team.privileges,
            added=rows.added,
            removed=rows.removed,
        )
        return _outcome(team_id, version, count, rows, read)


def _outcome(team_id: str, version: int, count: int, rows: MemberRows, read: Read | None) -> Outcome:
    outcome = Outcome(team_id, version, count, tuple(rows.unknown))
    return outcome if read is None else outcome._replace(stored=read(outcome))


def _change_members(rows: MemberRows, change: Change, provisioning: Provisioning) -> None:
    match change:
        case AddValues(_, values):
            rows.add(member_ids(values))
        case RemoveValues(_, values):
            rows.remove(member_ids(values))
        case SetAttribute(_, values):
            rows.replace(member_ids(values))
        case RemoveAttribute(_):
            rows.clear()
        case RemoveMatching(path, filter_) if path.sub_attribute is None:
            rows.remove_matching(filter_, provisioning.group_type, provisioning.base)
        case _:
            raise Mutability("members: a member cannot be changed; remove it and add another (RFC 7643 §4.2).")


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise Uniqueness(
            "displayName is taken by another Group of this Organization; find it with a filter on displayName "
            "and change that one."
        ) from None


def _concerns_members(change: Change) -> bool:
    attribute = change.path.attribute
    return change.path.extension is None and attribute is not None and attribute.name == "members"


def _split(attributes: Attributes) -> tuple[dict[str, Any], list[Any] | None]:
    own = dict(attributes)
    return own, own.pop("members", None)


def _row(provisioning: Provisioning, team_id: str, attributes: Attributes) -> dict[str, Any]:
    return store.team_row(provisioning.group_type, team_id, attributes, is_unique=provisioning.unique_team_names)


def _locked(connection: Connection, provisioning: Provisioning, team_id: str, if_match: str | None) -> store.LockedTeam:
    team = store.lock_team(connection, provisioning.organization_id, team_id)
    if team is None:
        raise NotFound(f"There is no Group '{team_id}'.")
    if if_match is not None and not matches(if_match, team.version):
        raise PreconditionFailed
    return team


def _check_unknown(connection: Connection, provisioning: Provisioning, rows: MemberRows) -> None:
    """Refuse or pass over member ids that name nobody, as the Connection is set (product.md §6)."""
    if rows.unknown and provisioning.policy(connection).refuse_unknown_members:
        named = ", ".join(rows.unknown[:MAX_IDS_IN_EVENT])
        raise InvalidValue(f"members: no User or Group of this Organization has the id {named}.")


def _record(
    connection: Connection,
    provisioning: Provisioning,
    action: str,
    team_id: str,
    changes: dict[str, list[Any]],
    rows: MemberRows,
    members: int = 0,
) -> None:
    """Write what was done to a Team of so many members; what is done is done, and yet Owners should look at some."""
    event = Event(action, "Team", team_id, changes | member_changes(rows))
    events = [event, *alarms(team_id, len(rows.removed), members)]
    record(connection, provisioning.organization_id, provisioning.origin, events)

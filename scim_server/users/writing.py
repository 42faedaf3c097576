"""Write a User together with its addresses, its audit event and the total of all Users.

PostgreSQL gets each write as one statement: there every further one costs as much as all of them cost SQLite, which
has no such statements and gets them one after the other.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    table,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import Text

from scim_server.audit.models import AuditEvent
from scim_server.audit.service import EVENT_COLUMNS, write_events
from scim_server.database import Prepared
from scim_server.directory.totals import ResourceTotal, add_to_total
from scim_server.protocol.schemas import USER
from scim_server.users.models import User, UserEmail

Row = Mapping[str, Any]

SQLITE = "sqlite"


def _columns(model: type[Any]) -> Sequence[Column[Any]]:
    found: Table = model.__table__
    return list(found.c)


_EVENT = "event_"
# Connections stand above Users in the order of imports, so their table is named here by what is needed of it.
_connections = table(
    "connections", *(column(name, Text()) for name in ("organization_id", "id", "automatic_membership"))
)
# How people join by a Connection, as the statement that has this in it finds it.
AUTOMATIC_MEMBERSHIP = (
    select(_connections.c.automatic_membership)
    .where(
        _connections.c.organization_id == bindparam("organization_id"),
        _connections.c.id == bindparam("connection_id"),
    )
    .scalar_subquery()
)
_STILL: ColumnElement[bool] = AUTOMATIC_MEMBERSHIP.is_not_distinct_from(bindparam("automatic_membership", type_=Text()))
# Of a row of PostgreSQL: which transaction wrote it.
STAMP = cast(literal_column("users.xmin"), Text()).label("stamp")
# Whoever signs in is linked later.
_NEW_COLUMNS = [each for each in _columns(User) if each.name != "account_id"]
_INSERT_EMAILS = Prepared(insert(UserEmail))
_DELETE_EMAILS = Prepared(
    delete(UserEmail).where(
        UserEmail.organization_id == bindparam("organization_id"), UserEmail.user_id == bindparam("id")
    )
)
_STILL_STANDS = Prepared(select(_STILL))
# Without the condition: SQLite keeps a copy of every page that an INSERT ... SELECT touches, in a file where there are
# more than 15, to take the statement back by itself. A row of values is checked before it is written.
_CREATE = Prepared(
    sqlite.insert(User).values({each.name: bindparam(each.name) for each in _NEW_COLUMNS}).on_conflict_do_nothing()
)


def create_user(connection: Connection, user: Row, emails: Sequence[Row], event: Row, policy: Row) -> bool:
    """Write a new User; return False, with nothing written, where a unique value is taken or people join otherwise now.

    `policy` is what the User's standing was decided by: connection_id, and its automatic_membership.
    """
    if connection.dialect.name != SQLITE:
        return _CREATE_AT_ONCE.first(connection, {**user, **policy, **_together(emails, event)}) is not None
    still = _STILL_STANDS.scalar(connection, {"organization_id": user["organization_id"], **policy})
    if not still or not _CREATE.run(connection, user):
        return False
    _INSERT_EMAILS.run_many(connection, emails)
    write_events(connection, [event])
    add_to_total(connection, user["organization_id"], USER.name, 1)
    return True


def change_user(
    connection: Connection,
    key: Row,
    changed: Row,
    emails: Sequence[Row] | None,
    event: Row,
    *,
    stamp: str | None = None,
) -> bool:
    """Write the changed columns of a User, and its addresses where there are any changed ones.

    `key` are organization_id and id. Returns False, with nothing written, where `stamp` is given and is the User's no
    longer. Raises IntegrityError where a unique value is taken.
    """
    bound = {**key, **changed}
    names = tuple(changed)
    if connection.dialect.name != SQLITE:
        statement = _change_at_once(names, emails=emails is not None, stamped=stamp is not None)
        return statement.first(connection, {**bound, **_together(emails or (), event), "stamp": stamp}) is not None
    _change(names).run(connection, bound)
    if emails is not None:
        _DELETE_EMAILS.run(connection, key)
        _INSERT_EMAILS.run_many(connection, emails)
    write_events(connection, [event])
    return True


def _update(names: tuple[str, ...]) -> Update:
    of_key = (User.organization_id == bindparam("organization_id"), User.id == bindparam("id"))
    return update(User).where(*of_key).values({name: bindparam(name) for name in names})


@lru_cache
def _change(names: tuple[str, ...]) -> Prepared:
    return Prepared(_update(names))


# What follows is for PostgreSQL alone.


def _together(emails: Sequence[Row], event: Row) -> dict[str, Any]:
    """Return what the statements for everything at once are given beside the User's own columns."""
    return {
        "emails": orjson.dumps(emails).decode(),
        "email_count": len(emails),
        **{_EVENT + name: value for name, value in event.items()},
    }


def _add_event(written: CTE) -> Insert:
    values = (bindparam(_EVENT + each.name, type_=each.type) for each in EVENT_COLUMNS)
    names = [each.name for each in EVENT_COLUMNS]
    return insert(AuditEvent).from_select(names, select(*values).select_from(written))


def _put_emails(written: CTE) -> Insert:
    """Return the INSERT of the addresses, which takes the place of those at the same positions."""
    columns = _columns(UserEmail)
    sent: FromClause = (
        func.json_to_recordset(cast(bindparam("emails", type_=Text()), postgresql.JSON()))
        .table_valued(*(column(each.name, each.type) for each in columns), name="sent")
        .render_derived(with_types=True)
    )
    put = postgresql.insert(UserEmail).from_select(
        [each.name for each in columns], select(*sent.c).select_from(written.join(sent, true()))
    )
    key = ("organization_id", "user_id", "position")
    return put.on_conflict_do_update(
        index_elements=key, set_={each.name: put.excluded[each.name] for each in columns if each.name not in key}
    )


def _create_at_once() -> Select[Any]:
    names = [each.name for each in _NEW_COLUMNS]
    row = select(*(bindparam(each.name, type_=each.type) for each in _NEW_COLUMNS)).where(_STILL)
    created = postgresql.insert(User).from_select(names, row).on_conflict_do_nothing().returning(User.id).cte("created")
    counted = (
        update(ResourceTotal)
        .where(
            ResourceTotal.organization_id == bindparam("organization_id"),
            ResourceTotal.resource_type == USER.name,
            exists().select_from(created),
        )
        .values(total=ResourceTotal.total + 1)
    )
    parts = (_put_emails(created).cte("emails"), _add_event(created).cte("event"), counted.cte("counted"))
    return select(created.c.id).add_cte(*parts)


_CREATE_AT_ONCE = Prepared(_create_at_once())


@lru_cache
def _change_at_once(names: tuple[str, ...], *, emails: bool, stamped: bool) -> Prepared:
    change = _update(names)
    if stamped:
        change = change.where(bindparam("stamp", type_=Text()) == STAMP)
    changed = change.returning(User.id).cte("changed")
    statement = select(changed.c.id).add_cte(_add_event(changed).cte("event"))
    if emails:
        rest = delete(UserEmail).where(
            UserEmail.organization_id == bindparam("organization_id"),
            UserEmail.user_id == bindparam("id"),
            UserEmail.position >= bindparam("email_count"),
            exists().select_from(changed),
        )
        statement = statement.add_cte(rest.cte("rest"), _put_emails(changed).cte("emails"))
    return Prepared(statement)

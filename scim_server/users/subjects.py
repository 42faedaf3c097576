"""Who did something, by the names that people know: for the `createdBy` and `updatedBy` of lists."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, literal, select, type_coerce, union_all

from scim_server.audit.service import ActorType
from scim_server.directory.documents import load_attributes
from scim_server.directory.json_sql import id_array, id_list
from scim_server.tokens.models import Token
from scim_server.users.models import User
from scim_server.users.profiles import full_name


class Actor(NamedTuple):
    """Kind and id, as they are stored beside what was done; None where nobody noted it."""

    type: str | None
    id: str | None


_SUBJECT_TYPES = {ActorType.TOKEN: "SERVICEKEY", ActorType.USER: "USER"}


def _names(dialect: str) -> Any:
    wanted = select(id_list(dialect, bindparam("ids")))
    tokens = select(literal(ActorType.TOKEN.value).label("type"), Token.id, Token.name.label("told")).where(
        Token.organization_id == bindparam("organization"), Token.id.in_(wanted)
    )
    users = select(literal(ActorType.USER.value), User.id, type_coerce(User.document, Text())).where(
        User.organization_id == bindparam("organization"), User.id.in_(wanted)
    )
    return union_all(tokens, users)


_NAMES = {dialect: _names(dialect) for dialect in ("sqlite", "postgresql")}


def subjects_of(
    connection: Connection, organization_id: str, actors: Iterable[Actor]
) -> dict[Actor, dict[str, str | None] | None]:
    """Return each actor in the form of `SubjectSchema`, in one statement for all; None for one that nobody noted.

    Of one that is gone, the id is what remains.
    """
    asked = dict.fromkeys(actors)
    ids = sorted({actor.id for actor in asked if actor.id is not None and actor.type in _SUBJECT_TYPES})
    told: dict[Actor, str] = {}
    if ids:
        bound = {"organization": organization_id, "ids": id_array(ids)}
        rows = connection.execute(_NAMES[connection.dialect.name], bound)
        told = {Actor(row.type, row.id): row.told for row in rows}
    return {actor: _subject(actor, told.get(actor)) for actor in asked}


def _subject(actor: Actor, told: str | None) -> dict[str, str | None] | None:
    if actor.type is None:
        return None
    subject: dict[str, str | None] = {"id": actor.id, "subjectType": "SYSTEM"}
    if actor.type in _SUBJECT_TYPES:
        subject["subjectType"] = _SUBJECT_TYPES[ActorType(actor.type)]
    if told is not None and actor.type == ActorType.TOKEN:
        subject["apiTokenName"] = told
    elif told is not None:
        attributes = load_attributes(told)
        subject |= {"username": attributes["userName"], "fullName": full_name(attributes)}
    return subject

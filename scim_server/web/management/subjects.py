"""Who made and changed what an answer lists, by the names that people know."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from scim_server.database import reading
from scim_server.users.subjects import Actor, subjects_of
from scim_server.web.management.authentication import current_requester

Subject = dict[str, str | None] | None


class Signed(Protocol):
    """A record that knows who made it and who changed it last."""

    @property
    def created_by_type(self) -> str: ...
    @property
    def created_by_id(self) -> str | None: ...
    @property
    def updated_by_type(self) -> str: ...
    @property
    def updated_by_id(self) -> str | None: ...


def named(actors: Iterable[Actor]) -> dict[Actor, Subject]:
    """Return each actor of the caller's Organization in the form of `SubjectSchema`; one statement for all."""
    with reading() as connection:
        return subjects_of(connection, current_requester().organization_id, actors)


def signatures(records: Sequence[Signed]) -> Iterator[dict[str, Any]]:
    """Give `createdBy` and `updatedBy` of each record; one statement for all."""
    makers = [Actor(record.created_by_type, record.created_by_id) for record in records]
    changers = [Actor(record.updated_by_type, record.updated_by_id) for record in records]
    subjects = named([*makers, *changers])
    for maker, changer in zip(makers, changers, strict=True):
        yield {"createdBy": subjects[maker], "updatedBy": subjects[changer]}

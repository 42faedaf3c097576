"""Requests that an identity provider sends, the answers that it gets, and the protocol between the two.

A step of a simulation is a generator: it yields a Request, is sent the Answer, and returns what it found out. Where the
answer is not what the identity provider needs, Refused is raised at the `yield` instead.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

Result = TypeVar("Result")


class Kind(StrEnum):
    """What a request is for, in the order in which a summary lists them."""

    TEST = "Test the connection"
    FIND_USER = "Find a User"
    CREATE_USER = "Create a User"
    READ_USER = "Read a User"
    UPDATE_USER = "Change a User"
    SET_MANAGER = "Set a manager"
    DEACTIVATE_USER = "Deactivate a User"
    REACTIVATE_USER = "Reactivate a User"
    DELETE_USER = "Delete a User"
    FIND_GROUP = "Find a Group"
    CREATE_GROUP = "Create a Group"
    READ_GROUP = "Read a Group"
    RENAME_GROUP = "Rename a Group"
    CHANGE_MEMBERS = "Change members"
    DELETE_GROUP = "Delete a Group"
    IMPORT_USERS = "Import Users"
    IMPORT_GROUPS = "Import Groups"
    CHECK = "Check the result"
    CLEAN_UP = "Clean up"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `body` is the JSON that was read, None where there is none."""

    status: int
    body: Any = None
    text: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request below the SCIM base URL; `accept` returns why an answer is not what the sender needs, or None."""

    kind: Kind
    method: str
    path: str
    accept: Callable[[Answer], str | None]
    query: str = ""
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An answer was not what the identity provider needs."""


Steps: TypeAlias = Generator[Request, Answer, Result]

"""A condition that is asked by the very statement that reads a resource, so that it costs no statement of its own."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement


class Witness:
    """Tells whether something held at the moment of a read.

    `condition` is the same object for all witnesses of a kind, as it is part of the statement; `bound` are the values
    of its parameters. `held` is None until a statement that carries the condition has found a row.
    """

    __slots__ = ("bound", "condition", "held")

    def __init__(self, condition: ColumnElement[bool], bound: Mapping[str, Any]) -> None:
        self.condition = condition
        self.bound = bound
        self.held: bool | None = None

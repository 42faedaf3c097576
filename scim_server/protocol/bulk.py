"""References between the operations of one Bulk request (RFC 7644 §3.7.1, §3.7.2).

Every creation is promised its id before anything runs, so a reference forward, back or in a circle is just that id.
What remains is the order: a Group's members must exist before they are added.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scim_server.protocol.errors import Conflict
from scim_server.protocol.messages import BulkOperation

_PREFIX = "bulkid:"
_IN_TEXT = re.compile(r"bulkId:([^\s\"/\]]+)", re.IGNORECASE)


def promised_ids(operations: Iterable[BulkOperation], new_id: Callable[[], str]) -> dict[str, str]:
    """Return the id that each creation will get, by its bulkId."""
    return {
        operation.bulk_id: new_id()
        for operation in operations
        if operation.method == "POST" and operation.bulk_id is not None
    }


def execution_order(operations: tuple[BulkOperation, ...]) -> list[int]:
    """Return the positions of the operations in the order in which to run them.

    An operation runs after the creations that it refers to; where they refer to each other in a circle, and
    everywhere else, the order of the request is kept.
    """
    creators = {
        operation.bulk_id: position for position, operation in enumerate(operations) if operation.method == "POST"
    }
    order: list[int] = []
    state: dict[int, bool] = {}
    for first in range(len(operations)):
        stack = [(first, False)]
        while stack:
            position, is_ready = stack.pop()
            if is_ready:
                order.append(position)
            elif position not in state:
                state[position] = True
                stack.append((position, True))
                needed = (creators.get(bulk_id) for bulk_id in references(operations[position]))
                stack += [(creator, False) for creator in needed if creator is not None and creator not in state]
    return order


def references(operation: BulkOperation) -> list[str]:
    """Return the bulkIds that an operation refers to, in its path and in its data."""
    found = [match.group(1) for match in _IN_TEXT.finditer(operation.path)]
    pending: list[Any] = [operation.data]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            # Hardly any text refers, and most are told from it by a search for plain text.
            if _PREFIX in value.lower():
                found += [match.group(1) for match in _IN_TEXT.finditer(value)]
        elif isinstance(value, Mapping):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return found


def resolve(value: Any, ids: Mapping[str, str]) -> Any:
    """Return a copy of a path or of data with every reference replaced; raises Conflict for one that names nothing."""
    if isinstance(value, str):
        return _IN_TEXT.sub(lambda match: _id_of(match.group(1), ids), value) if _PREFIX in value.lower() else value
    if isinstance(value, Mapping):
        return {key: resolve(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, ids) for item in value]
    return value


def _id_of(bulk_id: str, ids: Mapping[str, str]) -> str:
    found = ids.get(bulk_id)
    if found is None:
        raise Conflict(f"'bulkId:{bulk_id}' names no creation of this request, or one that failed.")
    return found

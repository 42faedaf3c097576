"""Write our trees as text, so that tests can say what they expect."""

import json
from typing import Any

from scim_server.protocol.filters.tree import And, Comparison, Filter, Node, Not, Or, Present, Unknown, ValuePath


def show(filter: Filter) -> str:
    """Return the tree with every joint in parentheses and the literals as they are compared."""
    return _show(filter.shape.tree, filter.values)


def _show(node: Node, values: tuple[Any, ...]) -> str:
    match node:
        case Comparison(path, operator, slot):
            return f"{path} {operator} {json.dumps(values[slot], ensure_ascii=False)}"
        case Present(path):
            return f"{path} pr"
        case Unknown():
            return "unknown"
        case Not(operand):
            return f"not ({_show(operand, values)})"
        case And(operands):
            return "(" + " and ".join(_show(operand, values) for operand in operands) + ")"
        case Or(operands):
            return "(" + " or ".join(_show(operand, values) for operand in operands) + ")"
        case ValuePath(path, condition):
            return f"{path}[{_show(condition, values)}]"

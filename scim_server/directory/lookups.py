"""Tell filters that look for somebody from those that many resources fulfil."""

from functools import lru_cache

from scim_server.protocol.filters.tree import And, Comparison, Node, Operator, Or, Shape, ValuePath


def is_lookup(node: Node, keys: frozenset[str]) -> bool:
    """Tell whether a tree compares an attribute of the keys, of which a value belongs to few, with one value."""
    match node:
        case Comparison(path, Operator.EQ):
            return str(path) in keys
        case And(operands):
            return any(is_lookup(operand, keys) for operand in operands)
        case Or(operands):
            return all(is_lookup(operand, keys) for operand in operands)
        case ValuePath(_, condition):
            return is_lookup(condition, keys)
    return False


@lru_cache(maxsize=1_000)
def finds_few(shape: Shape, keys: frozenset[str]) -> bool:
    """Tell whether a filter of this shape looks for somebody; remembered, as each request asks it."""
    return is_lookup(shape.tree, keys)

"""Evaluate filters over resources and elements in memory, and read templates out of them."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scim_server.protocol.attributes import Attribute, AttributePath
from scim_server.protocol.filters.tree import And, Comparison, Filter, Node, Not, Operator, Or, Present, ValuePath
from scim_server.protocol.values import Literal, comparable

_TESTS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.eq,
    Operator.CO: operator.contains,
    Operator.SW: str.startswith,
    Operator.EW: str.endswith,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
}


def matches(filter: Filter, resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource, with the keys of the wire, fulfils the filter (RFC 7644 §3.4.2.2)."""
    return _holds(filter.shape.tree, filter.values, resource, in_element=False)


def matches_element(filter: Filter, element: Mapping[str, Any]) -> bool:
    """Tell whether one element of a complex attribute fulfils a filter made by `parse_condition`."""
    return _holds(filter.shape.tree, filter.values, element, in_element=True)


def equality_template(filter: Filter) -> dict[str, Any] | None:
    """Return the element that a condition describes, by sub-attribute name and as the client wrote the values.

    None where the condition is more than `eq` comparisons joined by `and`, or contradicts itself: then it describes
    no single element (idp-wire §7.1).
    """
    tree = filter.shape.tree
    template: dict[str, Any] = {}
    for node in tree.operands if isinstance(tree, And) else (tree,):
        if not (isinstance(node, Comparison) and node.operator is Operator.EQ and node.path.sub_attribute):
            return None
        name, literal = node.path.sub_attribute.name, filter.raw[node.slot]
        if template.setdefault(name, literal) != literal:
            return None
    return template


def _holds(node: Node, values: tuple[Literal, ...], container: Mapping[str, Any], *, in_element: bool) -> bool:
    """Tell whether `container`, a resource or one element, fulfils the node; the parser has bounded the depth."""
    match node:
        case Comparison(path, compared_by, slot):
            return _compares(_leaf(path), compared_by, values[slot], _reach(path, container, in_element=in_element))
        case And(operands):
            return all(_holds(operand, values, container, in_element=in_element) for operand in operands)
        case Or(operands):
            return any(_holds(operand, values, container, in_element=in_element) for operand in operands)
        case Not(operand):
            return not _holds(operand, values, container, in_element=in_element)
        case Present(path):
            return any(map(_is_present, _reach(path, container, in_element=in_element)))
        case ValuePath(path, condition):
            return any(
                _holds(condition, values, element, in_element=True)
                for element in _reach(path, container, in_element=in_element)
                if isinstance(element, Mapping)
            )
    return False


def _leaf(path: AttributePath) -> Attribute:
    leaf = path.leaf
    assert leaf is not None, "a comparison names an attribute"
    return leaf


def _compares(attribute: Attribute, compared_by: Operator, literal: Literal, found: Iterator[Any]) -> bool:
    test = _TESTS[compared_by]
    for value in found:
        try:
            fulfilled = test(comparable(attribute, value), literal)
        except ValueError:
            continue
        if fulfilled:
            return compared_by is not Operator.NE
    return compared_by is Operator.NE


def _reach(path: AttributePath, container: Mapping[str, Any], *, in_element: bool) -> Iterator[Any]:
    """Yield the values at the path, those of every element where it crosses a multi-valued attribute."""
    keys = path.keys
    if in_element:
        keys = (path.sub_attribute.name,) if path.sub_attribute else ()
    found: list[Any] = [container]
    for key in keys:
        found = [item[key] for item in found if isinstance(item, Mapping) and item.get(key) is not None]
        found = [element for item in found for element in (item if isinstance(item, list | tuple) else (item,))]
    return iter(found)


def _is_present(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_present, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_is_present, value))
    return value is not None and value != ""

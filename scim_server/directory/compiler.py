"""Filter tree to SQL (RFC 7644 §3.4.2.2), typed by the attribute table and placed by the storage mapping.

A comparison is NULL or false where the value is missing; `not` makes two-valued truth of that first. Literals are
bound parameters named after their slots, so one statement serves every filter of the same shape.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, exists, false, func, literal, not_, or_, select, true

from scim_server.directory.json_sql import SQLITE, json_elements, json_has, json_value
from scim_server.directory.mapping import Elements, StorageMapping
from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType
from scim_server.protocol.filters.tree import (
    And,
    Comparison,
    Filter,
    Node,
    Not,
    Operator,
    Or,
    Present,
    Unknown,
    ValuePath,
)
from scim_server.protocol.values import Literal, fold

# Sorts after every text that begins with the prefix before it.
LAST_CHARACTER = "\U0010ffff"

# Finds the expression of a sub-attribute in the element at hand.
ElementScope = Callable[[Attribute], ColumnElement[Any]]


def slot_name(slot: int) -> str:
    """Return the parameter name of a literal's slot."""
    return f"value_{slot}"


def parameters(filter_: Filter) -> dict[str, Literal]:
    """Return the parameters that a statement compiled from the filter's shape is executed with."""
    shape, values, _ = filter_
    # Written out: `dict` and a strict `zip` take twice as long, and this is done for each request.
    bound: dict[str, Literal] = {}
    for slot, name in enumerate(_slot_names(shape.slots)):
        bound[name] = values[slot]
    for slot in shape.prefixes:
        bound[f"{slot_name(slot)}_end"] = f"{values[slot]}{LAST_CHARACTER}"
    return bound


@lru_cache
def _slot_names(slots: int) -> tuple[str, ...]:
    return tuple(map(slot_name, range(slots)))


@dataclass
class Compiler:
    """Compiles trees for one resource type on one database."""

    mapping: StorageMapping
    resource_type: ResourceType
    dialect: str
    _scope: ElementScope | None = field(default=None, init=False)

    def compile(self, node: Node) -> ColumnElement[bool]:
        """Return the SQL condition of a tree; never raises, as the tree is typed already."""
        match node:
            case Comparison(path, operator, slot):
                return self._comparison(path, operator, slot)
            case And(operands):
                return and_(*(self.compile(operand) for operand in operands))
            case Or(operands):
                return or_(*(self.compile(operand) for operand in operands))
            case Not(operand):
                return _negate(self.compile(operand))
            case Unknown():
                return false()
            case Present(path):
                return self._present(path)
            case ValuePath(path, condition):
                return _value_path(self.mapping, self.resource_type, self.dialect, path, condition)

    def compile_element(self, node: Node, elements: Elements) -> ColumnElement[bool]:
        """Return the SQL condition of a value path's inside, for statements on the rows of the elements themselves."""
        return self._within(lambda leaf: elements.columns[leaf.name], lambda: self.compile(node))

    def _comparison(self, path: AttributePath, operator: Operator, slot: int) -> ColumnElement[bool]:
        attribute = path.attribute
        if attribute is not None and attribute.multi_valued and self._scope is None:
            if operator is Operator.NE:
                return _negate(self._comparison(path, Operator.EQ, slot))
            if str(path) == "schemas":
                return self._schemas_contain(operator, slot)
            return self.any_element(path, lambda: self._test(path, operator, slot))
        return self._test(path, operator, slot)

    def _test(self, path: AttributePath, operator: Operator, slot: int) -> ColumnElement[bool]:
        return _compare(self._value(path), operator, slot, self.dialect)

    def _value(self, path: AttributePath) -> ColumnElement[Any]:
        leaf = path.leaf
        assert leaf is not None
        if self._scope is not None:
            return self._scope(leaf)
        column = self.mapping.column(path)
        return column if column is not None else _searched(self.mapping, self.dialect, path)

    def _present(self, path: AttributePath) -> ColumnElement[bool]:
        leaf = path.leaf
        if self._scope is not None and leaf is not None:
            return self._scope(leaf).is_not(None)
        if str(path) in {"schemas", "meta"}:
            return true()
        if path.attribute is not None and path.attribute.multi_valued:
            if path.sub_attribute is None:
                return self.any_element(path, true)
            return self.any_element(path, lambda: self._present(path))
        column = self.mapping.column(path)
        if column is not None:
            return column.is_not(None)
        return json_has(self.dialect, self.mapping.table.c.search, path.keys)

    def any_element(self, path: AttributePath, condition: Callable[[], ColumnElement[bool]]) -> ColumnElement[bool]:
        """Return whether one and the same element fulfils the condition."""
        attribute = path.attribute
        assert attribute is not None
        if not attribute.multi_valued:
            return condition()
        elements = self.mapping.elements_of(path)
        if elements is not None:
            return self._in_rows(elements, condition)
        keys = path.keys[:-1] if path.sub_attribute else path.keys
        rows, element, _ = json_elements(self.dialect, self.mapping.table.c.search, keys)
        whole = not attribute.is_complex
        within = self._within(
            lambda leaf: json_value(self.dialect, element, () if whole else (leaf.name,), leaf), condition
        )
        return exists(select(true()).select_from(rows).where(within))

    def _in_rows(self, elements: Elements, condition: Callable[[], ColumnElement[bool]]) -> ColumnElement[bool]:
        within = self._within(lambda leaf: elements.columns[leaf.name], condition)
        return self.mapping.id.in_(elements.owners.where(within))

    def _within(self, scope: ElementScope, condition: Callable[[], ColumnElement[bool]]) -> ColumnElement[bool]:
        outer, self._scope = self._scope, scope
        try:
            return condition()
        finally:
            self._scope = outer

    def _schemas_contain(self, operator: Operator, slot: int) -> ColumnElement[bool]:
        """Return whether a URN of `schemas`, which is derived and not stored, fulfils the comparison."""

        def fulfils(urn: str) -> ColumnElement[bool]:
            return _compare(literal(fold(urn), Text()), operator, slot, self.dialect)

        search = self.mapping.table.c.search
        held = [
            and_(fulfils(extension.id), json_has(self.dialect, search, (extension.id,)))
            for extension in self.resource_type.extensions
        ]
        return or_(fulfils(self.resource_type.schema.id), *held)


@lru_cache(maxsize=200)
def _value_path(
    mapping: StorageMapping, resource_type: ResourceType, dialect: str, path: AttributePath, condition: Node
) -> ColumnElement[bool]:
    """Return one value path; kept as comparisons are, since filters of many shapes ask for the same type of address."""
    compiler = Compiler(mapping, resource_type, dialect)
    return compiler.any_element(path, lambda: compiler.compile(condition))


def _negate(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return not_(func.coalesce(condition, false()))


@lru_cache(maxsize=1_000)
def _searched(mapping: StorageMapping, dialect: str, path: AttributePath) -> ColumnElement[Any]:
    """Return the expression of an attribute in the search document; bounded, as Organizations register attributes."""
    assert path.leaf is not None
    return json_value(dialect, mapping.table.c.search, path.keys, path.leaf)


@lru_cache(maxsize=1_000)
def _compare(value: ColumnElement[Any], operator: Operator, slot: int, dialect: str) -> ColumnElement[bool]:
    """Return one comparison of a single value with the literal of a slot.

    It is kept, as filters of a new shape are mostly made of comparisons that others have made, and SQLAlchemy's
    expressions never change; values that are built anew each time push one another out.
    """
    bound = bindparam(slot_name(slot), type_=value.type)
    match operator:
        case Operator.EQ:
            return value == bound
        case Operator.GT:
            return value > bound
        case Operator.GE:
            return value >= bound
        case Operator.LT:
            return value < bound
        case Operator.LE:
            return value <= bound
        case Operator.SW:
            # A range instead of LIKE: served by the index, and `%` and `_` are letters like any other.
            return and_(value >= bound, value < bindparam(f"{slot_name(slot)}_end", type_=value.type))
        case Operator.CO:
            position = func.instr if dialect == SQLITE else func.strpos
            return position(value, bound) > 0
        case Operator.EW:
            return func.substr(value, func.length(value) - func.length(bound) + 1) == bound
        case Operator.NE:
            return _negate(value == bound)
    raise AssertionError(operator)

"""Turn the tree of a filter as it is written into that which is asked: resolve names, check types, fill slots."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scim_server.protocol.attributes import AttributePath, ResourceType, Returned
from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters.grammar import Bracketed, Chain, Lifted, Negated, Test, Written
from scim_server.protocol.filters.operands import Reader, check_operator, reader, text_reader
from scim_server.protocol.filters.tree import (
    And,
    Comparison,
    Filter,
    Node,
    Not,
    Operator,
    Or,
    Present,
    Shape,
    Unknown,
    ValuePath,
)
from scim_server.protocol.values import Literal


@dataclass(frozen=True, eq=False)
class Plan:
    """A shape, and how its slots are filled.

    `raw` and `values` are those of a `Filter`, complete where the literal is no lifted one. For the others `lifted`
    says which slot is filled with which literal, and how that is read.
    """

    shape: Shape
    raw: list[Literal]
    values: list[Literal]
    lifted: list[tuple[int, int, Reader]]

    def fill(self, literals: Sequence[str]) -> Filter:
        """Return the filter with these literals; raises InvalidFilter for one that its attribute does not take."""
        raw, values = self.raw.copy(), self.values.copy()
        for slot, number, read in self.lifted:
            raw[slot], values[slot] = read(literals[number])
        return Filter(self.shape, tuple(values), tuple(raw))


@dataclass
class _Slots:
    """What the slots of a tree are filled with, see `Plan`."""

    raw: list[Literal] = field(default_factory=list)
    values: list[Literal] = field(default_factory=list)
    lifted: list[tuple[int, int, Reader]] = field(default_factory=list)
    prefixes: list[int] = field(default_factory=list)

    def add(self, literal: Any, read: Reader) -> int:
        """Return a new slot for a literal."""
        slot = len(self.raw)
        raw: Literal = ""
        compared: Literal = ""
        if isinstance(literal, Lifted):
            self.lifted.append((slot, literal.number, read))
        else:
            raw, compared = read(literal)
        self.raw.append(raw)
        self.values.append(compared)
        return slot


@dataclass
class Builder:
    """Builds one tree; raises InvalidFilter for what the schemas do not allow.

    `scope` is set between the brackets of `path[...]`, where names are those of its sub-attributes; without it
    `resource_type` is.
    """

    resource_type: ResourceType | None = None
    scope: AttributePath | None = None
    lenient_unknown: bool = False
    slots: _Slots = field(default_factory=_Slots)

    def plan(self, tree: Written) -> Plan:
        """Return the plan of a filter as it is written."""
        node, slots = self._node(tree), self.slots
        return Plan(Shape(node, len(slots.raw), tuple(slots.prefixes)), slots.raw, slots.values, slots.lifted)

    def _node(self, tree: Written) -> Node:
        """Return our node; calls itself only a few times for each level of brackets, which are bounded."""
        negated = False
        while isinstance(tree, Negated):
            negated = not negated
            tree = tree.part
        node: Node
        if isinstance(tree, Chain):
            node = self._chain(tree)
        elif isinstance(tree, Test):
            node = self._test(tree)
        else:
            node = self._value_path(tree)
        return Not(node) if negated else node

    def _chain(self, tree: Chain) -> Node:
        """Return `a and b and c`, which is nested to the left, as one node; likewise `a and (b and c)`."""
        joined_by = tree.joined_by
        kind = And if joined_by == "and" else Or
        operands: list[Written] = []
        link: Written = tree
        while isinstance(link, Chain) and link.joined_by == joined_by:
            operands.append(link.right)
            link = link.left
        nodes: list[Node] = []
        for operand in (link, *reversed(operands)):
            node = self._node(operand)
            nodes += node.operands if isinstance(node, kind) else (node,)
        return kind(tuple(nodes))

    def _test(self, tree: Test) -> Node:
        if isinstance(tree.path, Bracketed):
            return self._value_path(tree.path, tree)
        path = self._resolve(tree.path)
        return self._comparison(path, tree) if path else Unknown()

    def _value_path(self, tree: Bracketed, following: Test | None = None) -> Node:
        """Return `path[...]`; `following` is the whole of `path[...].sub op value` (idp-wire E11)."""
        if self.scope:
            raise InvalidFilter("The filter nests square brackets; SCIM has one level of sub-attributes.")
        path = self._resolve(tree.path)
        if path is None:
            return Unknown()
        if path.attribute is None or path.leaf is None or not path.leaf.is_complex:
            raise InvalidFilter(f"'{path}' has no sub-attributes that could be compared in square brackets.")
        inner = Builder(scope=path, lenient_unknown=self.lenient_unknown, slots=self.slots)
        condition = inner._node(tree.condition)
        if following:
            if tree.then is None:
                raise InvalidFilter(f"After '{path}[…]' name a sub-attribute to compare, such as '{path}[…].value'.")
            inner_path = inner._resolve(tree.then)
            test = inner._comparison(inner_path, following) if inner_path else Unknown()
            condition = And((*condition.operands, test) if isinstance(condition, And) else (condition, test))
        return ValuePath(path, condition)

    def _resolve(self, name: str) -> AttributePath | None:
        """Return the path of an attribute; None for an unknown one where those are let pass.

        An attribute that is never returned is treated as unknown, or its value could be found out by guessing.
        """
        path: AttributePath | None = None
        if self.resource_type:
            path = self.resource_type.resolve(name)
            owner = self.resource_type.name
        elif self.scope and self.scope.attribute:
            sub_attribute = self.scope.attribute.sub_attribute(name)
            path = AttributePath(self.scope.extension, self.scope.attribute, sub_attribute) if sub_attribute else None
            owner = str(self.scope)
        if path and path.attribute is None:
            raise InvalidFilter(f"'{path}' is an extension; compare one of its attributes, as '{path}:name'.")
        if (
            path
            and path.attribute
            and path.leaf
            and Returned.NEVER not in (path.attribute.returned, path.leaf.returned)
        ):
            return path
        if self.lenient_unknown:
            return None
        raise InvalidFilter(f"The filter compares '{name[:100]}', which is no attribute of {owner}.")

    def _comparison(self, path: AttributePath, tree: Test) -> Node:
        """Return `path operator literal` or `path pr`."""
        if tree.operator == "pr":
            return Present(path)
        operator, literal = Operator(tree.operator), tree.literal
        if literal is None:
            return _null_test(path, operator)
        if path.attribute and path.leaf and path.leaf.is_complex:
            # `emails eq "x"` and `manager eq "x"` mean the value (idp-wire D2, E79).
            value = path.leaf.sub_attribute("value")
            if value is None:
                raise InvalidFilter(f"'{path}' is complex; compare one of its sub-attributes, as '{path}.name'.")
            path = AttributePath(path.extension, path.attribute, value)
        assert path.leaf, "paths of extensions as a whole do not come here"
        check_operator(path, path.leaf, operator)
        is_text = path.leaf.is_textual and isinstance(literal, Lifted)
        slot = self.slots.add(literal, text_reader(path.leaf) if is_text else reader(path, path.leaf))
        if operator is Operator.SW:
            self.slots.prefixes.append(slot)
        return Comparison(path, operator, slot)


def _null_test(path: AttributePath, operator: Operator) -> Node:
    """Return what `eq null` and `ne null` mean: absent and present (idp-wire R46)."""
    if path.leaf and path.leaf.is_complex and path.leaf.multi_valued:
        raise InvalidFilter(f"'{path}' has several values and is never null; write '{path} pr' or 'not ({path} pr)'.")
    if operator not in (Operator.EQ, Operator.NE):
        raise InvalidFilter(f"null can be compared by 'eq' and 'ne' only, not by '{operator}' as with '{path}'.")
    return Present(path) if operator is Operator.NE else Not(Present(path))

"""Turn the library's tree of a filter into ours: resolve names, check types, give each literal a slot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from scim2_filter_parser import ast

from scim_server.protocol.attributes import AttributePath, ResourceType, Returned
from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters.grammar import Lifted
from scim_server.protocol.filters.operands import check_operator, reader
from scim_server.protocol.filters.tree import (
    And,
    Comparison,
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

# Takes the lifted literals of a filter; returns the one of the slot, as raw and as compared (see `tree.Filter`).
Slot: TypeAlias = Callable[[Sequence[str]], tuple[Literal, Literal]]


@dataclass(frozen=True, eq=False)
class Plan:
    """A shape, and how each of its slots is filled."""

    shape: Shape
    slots: tuple[Slot, ...]


@dataclass
class Builder:
    """Builds one tree; raises InvalidFilter for what the schemas do not allow.

    `scope` is set between the brackets of `path[...]`, where names are those of its sub-attributes; without it
    `resource_type` is.
    """

    resource_type: ResourceType | None = None
    scope: AttributePath | None = None
    lenient_unknown: bool = False
    slots: list[Slot] = field(default_factory=list)

    def plan(self, tree: ast.Filter) -> Plan:
        """Return the plan of the library's tree."""
        node = self._node(tree)
        return Plan(Shape(node, len(self.slots)), tuple(self.slots))

    def _node(self, tree: ast.AST) -> Node:
        """Return our node; calls itself only a few times for each level of brackets, which are bounded."""
        negated = False
        while isinstance(tree, ast.Filter) and tree.namespace is None:
            negated ^= tree.negated
            tree = tree.expr
        node: Node
        if isinstance(tree, ast.LogExpr):
            node = self._chain(tree)
        elif isinstance(tree, ast.AttrExpr):
            node = self._test(tree)
        else:
            node = self._value_path(tree)
        return Not(node) if negated else node

    def _chain(self, tree: ast.LogExpr) -> Node:
        """Return `a and b and c`, which the library nests to the left, as one node; likewise `a and (b and c)`."""
        joined_by = tree.op.lower()
        kind = And if joined_by == "and" else Or
        operands: list[ast.AST] = []
        link: ast.AST = tree
        while isinstance(link, ast.LogExpr) and link.op.lower() == joined_by:
            operands.append(link.expr2)
            first = link.expr1
            link = first if first.negated or first.namespace else first.expr
        nodes: list[Node] = []
        for operand in (link, *reversed(operands)):
            node = self._node(operand)
            nodes += node.operands if isinstance(node, kind) else (node,)
        return kind(tuple(nodes))

    def _test(self, tree: ast.AttrExpr) -> Node:
        name = tree.attr_path.attr_name
        if isinstance(name, ast.Filter):
            return self._value_path(name, tree)
        if tree.attr_path.sub_attr:
            name = f"{name}.{tree.attr_path.sub_attr.value}"
        path = self._resolve(name)
        return self._comparison(path, tree) if path else Unknown()

    def _value_path(self, tree: ast.Filter, following: ast.AttrExpr | None = None) -> Node:
        """Return `path[...]`; `following` is the whole of `path[...].sub op value` (idp-wire E11)."""
        if self.scope:
            raise InvalidFilter("The filter nests square brackets; SCIM has one level of sub-attributes.")
        name = tree.namespace.attr_name
        path = self._resolve(name)
        if path is None:
            return Unknown()
        if path.attribute is None or path.leaf is None or not path.leaf.is_complex:
            raise InvalidFilter(f"'{path}' has no sub-attributes that could be compared in square brackets.")
        inner = Builder(scope=path, lenient_unknown=self.lenient_unknown, slots=self.slots)
        condition = inner._node(tree.expr)
        if following:
            if tree.namespace.sub_attr is None:
                raise InvalidFilter(f"After '{path}[…]' name a sub-attribute to compare, such as '{path}[…].value'.")
            inner_path = inner._resolve(tree.namespace.sub_attr.value)
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
        if path and Returned.NEVER not in {part.returned for part in (path.attribute, path.leaf) if part}:
            return path
        if self.lenient_unknown:
            return None
        raise InvalidFilter(f"The filter compares '{name[:100]}', which is no attribute of {owner}.")

    def _comparison(self, path: AttributePath, tree: ast.AttrExpr) -> Node:
        """Return `path operator literal` or `path pr`."""
        operator = tree.value.lower()
        if operator == "pr":
            return Present(path)
        operator, literal = Operator(operator), tree.comp_value.value
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
        self.slots.append(_slot(reader(path, path.leaf), literal))
        return Comparison(path, operator, len(self.slots) - 1)


def _null_test(path: AttributePath, operator: Operator) -> Node:
    """Return what `eq null` and `ne null` mean: absent and present (idp-wire R46)."""
    if path.leaf and path.leaf.is_complex and path.leaf.multi_valued:
        raise InvalidFilter(f"'{path}' has several values and is never null; write '{path} pr' or 'not ({path} pr)'.")
    if operator not in (Operator.EQ, Operator.NE):
        raise InvalidFilter(f"null can be compared by 'eq' and 'ne' only, not by '{operator}' as with '{path}'.")
    return Present(path) if operator is Operator.NE else Not(Present(path))


def _slot(read: Callable[[Any], tuple[Literal, Literal]], literal: Any) -> Slot:
    if isinstance(literal, Lifted):
        number = literal.number
        return lambda lifted: read(lifted[number])
    pair = read(literal)
    return lambda lifted: pair

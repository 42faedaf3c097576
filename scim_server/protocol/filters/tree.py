"""The filter as our own frozen tree: what the parser makes and what the SQL compiler and the matcher read.

A tree holds no literals. Each comparison names a slot, and `Filter.values` holds what the client wrote there,
already converted to the type of the attribute. So two filters that differ in their literals alone share one tree,
and with it one compiled SQL statement.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from scim_server.protocol.attributes import AttributePath
from scim_server.protocol.values import Literal


class Operator(StrEnum):
    """Comparison operators of RFC 7644 §3.4.2.2, but `pr`, which is a node of its own.

    A comparison with a missing value is false, except `ne`: `x ne v` means `not (x eq v)`, so it holds where `x` has
    no value, and on a multi-valued attribute where no element equals `v` (idp-wire R45; scim2-models reads it so too).
    Inside a value path it is meant of the one element: `emails[type ne "work"]` holds where some element is no work
    address, one without a type included.
    """

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator literal`: the literal is `Filter.values[slot]`.

    The leaf of `path` is never complex: `emails eq "x"` has become `emails.value eq "x"`. On a multi-valued
    attribute it holds where any element fulfils it. Inside a `ValuePath`, `path` is the full path (emails.type) and
    is meant of the element at hand.
    """

    path: AttributePath
    operator: Operator
    slot: int


@dataclass(frozen=True, slots=True)
class Present:
    """`path pr`: the attribute, simple or complex, has a non-empty value. `path ne null` means the same."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class Unknown:
    """A test of an attribute that this resource type lacks; never true.

    Only queries over several types make it (RFC 7644 §3.4.2.1); elsewhere an unknown attribute is `invalidFilter`.
    """


@dataclass(frozen=True, slots=True)
class Not:
    """True where the operand is not true; a missing value makes a comparison false, so its negation true."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more operands."""

    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more operands."""

    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class ValuePath:
    """`path[condition]`: one and the same element of a complex attribute fulfils the whole condition.

    `emails[type eq "work"].value eq "x"` arrives here as `emails[type eq "work" and value eq "x"]`.
    """

    path: AttributePath
    condition: "Node"


Node: TypeAlias = Comparison | Present | Unknown | Not | And | Or | ValuePath


@dataclass(frozen=True, eq=False)
class Shape:
    """A tree with its number of slots; one object for all filters that differ in their literals alone.

    Compared by identity, so it serves as the key of caches. `prefixes` are the slots that `sw` compares with.
    """

    tree: Node
    slots: int
    prefixes: tuple[int, ...] = ()


class Filter(NamedTuple):
    """A shape with the literals of one request, slot by slot.

    `values` holds them as they are compared (see `values.comparable`), `raw` as the client wrote them: neither folded
    nor moved to UTC, but of the attribute's type (`"True"` for a boolean is True).
    """

    shape: Shape
    values: tuple[Literal, ...]
    raw: tuple[Literal, ...] = ()

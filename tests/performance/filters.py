"""G12: the front end of a filter, without a server: parse and bind."""

import itertools
from collections.abc import Iterable

from scim_server.directory.compiler import Compiler, parameters
from scim_server.protocol.filters import parse
from scim_server.protocol.schemas import USER
from scim_server.users.mapping import USER_MAPPING
from tests.performance.goals import Figure
from tests.performance.measure import timed

_KNOWN = 'emails[type eq "work"].value eq "{}"'
_ATTRIBUTES = ("userName", "displayName", "title", "externalId", "nickName", "name.familyName", "name.givenName")
_OPERATORS = ("eq", "sw", "co", "ew", "ne")


def filters(database: str, rounds: int) -> Iterable[Figure]:
    """Return both figures: a shape that is known with ever new values, and shapes never seen before."""
    texts = itertools.cycle([_KNOWN.format(f"work{number}@example.com") for number in range(10_000)])
    known = timed(lambda: parameters(parse(next(texts), USER)), repeat=10_000, rounds=rounds)
    yield Figure("G12", database, known * 1e6)
    compiler = Compiler(USER_MAPPING, USER, database)
    shapes = _never_seen()
    cold = timed(lambda: compiler.compile(parse(next(shapes), USER).shape.tree), repeat=200, rounds=rounds)
    yield Figure("G12 cold", database, cold * 1e6, "parse, then build the SQL condition")


def _never_seen() -> Iterable[str]:
    for attributes in itertools.permutations(_ATTRIBUTES, 4):
        for operators in itertools.permutations(_OPERATORS, 4):
            clauses = [f'{attribute} {operator} "x"' for attribute, operator in zip(attributes, operators, strict=True)]
            yield " and ".join([*clauses, 'emails[type eq "work"].value eq "y"'])

"""Compare what the server answered with what a golden exchange expects; README.md describes the matchers."""

import re
from collections.abc import Callable
from typing import Any

ABSENT = object()
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_.]+)\}")


def mismatches(expected: Any, actual: Any, where: str = "body") -> list[str]:
    """Return a sentence for each place where `actual` is not as expected; none means that it matches."""
    if isinstance(expected, dict) and len(expected) == 1 and (name := next(iter(expected))) in _MATCHERS:
        return _MATCHERS[name](expected[name], actual, where)
    if expected == "$absent":
        return [] if actual is ABSENT else [f"{where} is {actual!r}, and should not be there"]
    if actual is ABSENT:
        return [f"{where} is missing"]
    if expected == "$any":
        return []
    if isinstance(expected, dict) and isinstance(actual, dict):
        parts = (mismatches(value, actual.get(key, ABSENT), f"{where}.{key}") for key, value in expected.items())
        return [text for part in parts for text in part]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [text for number, pair in pairs for text in mismatches(*pair, f"{where}[{number}]")]
    return _exact(expected, actual, where)


def _exact(expected: Any, actual: Any, where: str) -> list[str]:
    same = type(expected) is type(actual) and expected == actual
    return [] if same else [f"{where} is {'missing' if actual is ABSENT else repr(actual)}, not {expected!r}"]


def _set(expected: list[Any], actual: Any, where: str) -> list[str]:
    if not isinstance(actual, list) or len(actual) != len(expected):
        return [f"{where} is {'missing' if actual is ABSENT else repr(actual)}, not {expected!r} in any order"]
    left = list(actual)
    for wanted in expected:
        found = next((each for each in left if not mismatches(wanted, each)), ABSENT)
        if found is ABSENT:
            return [f"{where} is {actual!r}, without {wanted!r}"]
        left.remove(found)
    return []


def _matches(pattern: str, actual: Any, where: str) -> list[str]:
    found = isinstance(actual, str) and re.search(pattern, actual)
    return [] if found else [f"{where} is {'missing' if actual is ABSENT else repr(actual)}, which has no {pattern!r}"]


def _not(expected: Any, actual: Any, where: str) -> list[str]:
    return [] if mismatches(expected, actual) else [f"{where} is {actual!r}, and should be something else"]


_MATCHERS: dict[str, Callable[[Any, Any, str], list[str]]] = {
    "$exact": _exact,
    "$set": _set,
    "$matches": _matches,
    "$not": _not,
}


def resolve(template: Any, names: dict[str, Any]) -> Any:
    """Return a template with each `${name.key}` replaced; one that is the whole text keeps the type of its value."""
    if isinstance(template, dict):
        return {resolve(key, names): resolve(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [resolve(item, names) for item in template]
    if not isinstance(template, str):
        return template
    if whole := _REFERENCE.fullmatch(template):
        return _look_up(whole[1], names)
    return _REFERENCE.sub(lambda found: str(_look_up(found[1], names)), template)


def _look_up(reference: str, names: dict[str, Any]) -> Any:
    name, *keys = reference.split(".")
    value = names[name]
    for key in keys:
        value = value[key]
    return value

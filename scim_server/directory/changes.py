"""What changed between two states of a resource, for the audit event."""

from collections.abc import Mapping
from typing import Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return each differing field as [before, after], None standing for a missing value."""
    found = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old != new:
            found[name] = [old, new]
    return found

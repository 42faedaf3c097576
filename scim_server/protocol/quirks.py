"""What a client sent that is not the RFC's, and that the server understood or passed over all the same."""

from collections import Counter
from enum import StrEnum

# A request names few attributes; a hostile one must not fill the journal.
_MOST_ENTRIES = 100
_LONGEST_DETAIL = 200


class Quirk(StrEnum):
    """Departures from the RFC that are accepted (idp-wire §1 to §3)."""

    TEXT_BOOLEAN = "text-boolean"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    READ_ONLY_ATTRIBUTE = "read-only-attribute"
    ARRAY_FOR_SINGULAR = "array-for-singular"
    TEXT_FOR_COMPLEX = "text-for-complex"
    OPERATION_CASE = "operation-case"
    PATHLESS = "pathless-operation"
    PATH_AS_KEY = "path-as-key"
    REMOVE_WITH_VALUE = "remove-with-value"
    UNKNOWN_MEMBER = "unknown-member"


class Quirks:
    """Count the quirks of one request, each with what it was met in."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[Quirk, str]] = Counter()

    def record(self, quirk: Quirk, detail: str = "") -> None:
        """Count one quirk; `detail` names the attribute."""
        key = (quirk, detail[:_LONGEST_DETAIL])
        if key in self.counts or len(self.counts) < _MOST_ENTRIES:
            self.counts[key] += 1

"""What a check says."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is: a warning works, and may not be what was meant."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `remedy` says what to do where it is not well."""

    check: str
    state: State
    detail: str
    remedy: str = ""


def well(check: str, detail: str) -> Finding:
    """Return that all is well."""
    return Finding(check, State.OK, detail)


def doubtful(check: str, detail: str, remedy: str) -> Finding:
    """Return what works and may not be what was meant."""
    return Finding(check, State.WARNING, detail, remedy)


def broken(check: str, detail: str, remedy: str) -> Finding:
    """Return what has to be mended."""
    return Finding(check, State.FAILED, detail, remedy)

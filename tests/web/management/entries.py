"""What an endpoint of the management API is sent in the tenant matrix, and what is left of dora there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conftest import Cast

Prepare = Callable[[Cast, bool], str]
Dora = Callable[[Cast], None]


@dataclass(frozen=True)
class Entry:
    """An endpoint and method.

    `path` may hold {id}: `own` returns the id of something of the Organization that a request may name, and with True
    of something of charlie's Organization, which is answered as a random id is. `dora` proves what a deprovisioned
    person keeps or loses here; None where the endpoint shows nobody. `everyone` marks what needs no role.
    """

    path: str
    body: dict[str, Any] | None = None
    status: int = 200
    own: Prepare | None = None
    dora: Dora | None = None
    everyone: bool = False

"""One page of a list by index or by cursor, with its totals and the way to the next page."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple

from scim_server.directory.cursors import CursorSeal
from scim_server.directory.documents import Stored
from scim_server.directory.search import Directory, Query
from scim_server.directory.walks import Walks
from scim_server.protocol.attributes import ResourceType
from scim_server.protocol.paging import PageRequest


class Listing(NamedTuple):
    """What a list answer is made of; `total` is None where it is left out (RFC 9865 §2.1)."""

    rows: list[Stored]
    total: int | None
    next_cursor: str | None = None


class Asked(NamedTuple):
    """Who asks what, as far as a place in the list depends on it."""

    organization_id: str
    token_id: str
    endpoint: str
    filter: str | None
    sort_by: str | None
    sort_order: str | None

    def fingerprint(self) -> str:
        """Return a digest that differs where anything of it does."""
        return blake2b(repr(tuple(self)).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Lister:
    """Lists one resource type of one Organization."""

    directory: Directory
    resource_type: ResourceType
    base: str
    walks: Walks
    seal: CursorSeal

    def list(self, asked: Asked, page: PageRequest, query: Query) -> Listing:
        """Return the page of a query with its count. Raises InvalidCursor, ExpiredCursor, InvalidCount."""
        if page.cursor is not None:
            return self._by_cursor(asked, page.cursor, query)
        return self._by_index(asked, page.start_index, query)

    def _by_index(self, asked: Asked, start_index: int, query: Query) -> Listing:
        organization_id, fingerprint = asked.organization_id, ""
        if start_index > 1:
            fingerprint = asked.fingerprint()
            stop = self.walks.recall(fingerprint, start_index)
            query = replace(query, start=stop, offset=0 if stop else start_index - 1)
        found = self.directory.page(organization_id, self.resource_type, self.base, query)
        end = start_index - 1 + len(found.rows)
        if found.next is not None:
            self.walks.remember(fingerprint or asked.fingerprint(), end + 1, found.next)
        if found.next is None and query.count > 0 and (found.rows or start_index == 1):
            return Listing(found.rows, end)
        total = self.directory.total(organization_id, self.resource_type, query.filter)
        if found.rows:
            # While rows are deleted before the walk's place, its own count tells that there is more to come.
            total = max(total, end + (found.next is not None))
        return Listing(found.rows, total)

    def _by_cursor(self, asked: Asked, cursor: str, query: Query) -> Listing:
        fingerprint = asked.fingerprint()
        start = self.seal.open(fingerprint, query.count, cursor) if cursor else None
        found = self.directory.page(asked.organization_id, self.resource_type, self.base, replace(query, start=start))
        following = self.seal.seal(fingerprint, query.count, found.next) if found.next else None
        counted = query.filter is None or query.count == 0
        total = self.directory.total(asked.organization_id, self.resource_type, query.filter) if counted else None
        return Listing(found.rows, total, next_cursor=following)

"""What rounds send: the requests of identity providers to one Organization, and those to the ceilings."""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.performance import people
from tests.performance.client import Request
from tests.performance.seed import Seeded

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PAGE = 100
# Different requests of one kind that are kept ready.
_VARIETY = 2_000


def http(method: str, path: str, token: str = "", body: Any = None) -> bytes:
    """Return the bytes of a request."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if content:
        head += f"Content-Type: application/scim+json\r\nContent-Length: {len(content)}\r\n"
    return f"{head}\r\n".encode() + content


@dataclass
class Requests:
    """Makes endless iterators of requests to one seeded Organization; a new person has a number of its own."""

    seeded: Seeded
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(5_000_000))

    @property
    def base(self) -> str:
        """Return the path that all others are below."""
        return f"/scim/v2/{self.seeded.organization_id}"

    def request(self, method: str, path: str, body: Any = None, *, status: int = 200, contains: str = "") -> Request:
        """Return one request to a path below the Organization's base."""
        return Request(http(method, self.base + path, self.seeded.token, body), status, contains.encode())

    def get(self) -> Iterator[Request]:
        """Read Users by id."""
        return self._cycle(lambda number, user_id: self.request("GET", f"/Users/{user_id}", contains=_id(user_id)))

    def filtered(self, template: str) -> Iterator[Request]:
        """Find Users by a filter in which %s stands for what belongs to the person."""
        values = {"userName": people.user_name, "externalId": people.external_id, "emails": people.email}
        value = values[template.split(" ", maxsplit=1)[0].split("[", maxsplit=1)[0].split(".", maxsplit=1)[0]]

        def found(number: int, user_id: str) -> Request:
            path = f"/Users?filter={quote(template % value(number))}"
            return self.request("GET", path, contains=_id(user_id))

        return self._cycle(found)

    def missed(self) -> Iterator[Request]:
        """Look for a userName that nobody has."""

        def missing(number: int, _user_id: str) -> Request:
            path = "/Users?filter=" + quote(f'userName eq "nobody{number}@example.com"')
            return self.request("GET", path, contains='"totalResults":0')

        return self._cycle(missing)

    def starting_with(self) -> Iterator[Request]:
        """Find ten Users by the beginning of their userName."""

        def starting(number: int, user_id: str) -> Request:
            prefix = people.user_name(number).partition("@")[0][:-1]
            path = "/Users?filter=" + quote(f'userName sw "{prefix}"')
            return self.request("GET", path, contains=_id(user_id))

        return self._cycle(starting)

    def page(self, start_index: int = 1) -> Iterator[Request]:
        """List a hundred Users from a place on."""
        path = f"/Users?startIndex={start_index}&count={PAGE}"
        return itertools.repeat(self.request("GET", path, contains=f'"itemsPerPage":{PAGE}'))

    def counted(self) -> Iterator[Request]:
        """Ask how many Users there are."""
        return itertools.repeat(self.request("GET", "/Users?count=0", contains='"Resources":[]'))

    def create(self) -> Iterator[Request]:
        """Push new people."""
        for number in self._numbers:
            name = people.user_name(number)
            yield self.request("POST", "/Users", people.pushed(number), status=201, contains=name)

    def deactivate(self) -> Iterator[Request]:
        """Deactivate one User after the other, and once all are, activate them again."""
        for active in itertools.cycle((False, True)):
            body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": active}]}
            contains = f'"active":{str(active).lower()}'
            for user_id in self.seeded.user_ids:
                yield self.request("PATCH", f"/Users/{user_id}", body, contains=contains)

    def replace(self) -> Iterator[Request]:
        """Replace one User after the other, with another title each time round."""
        for round_ in itertools.count():
            for number, user_id in enumerate(self.seeded.user_ids):
                body = {**people.pushed(number), "title": f"Engineer {round_}"}
                yield self.request("PUT", f"/Users/{user_id}", body, contains=body["title"])

    def members(self, team: str) -> Iterator[Request]:
        """Add a User to a Team and remove it again; the answer leaves the members out, so all Teams do the same."""
        path = f"/Groups/{self.seeded.teams[team]}?excludedAttributes=members"
        for user_id in itertools.cycle(self.seeded.loose_ids):
            for operation in (add(user_id), remove_one(user_id)):
                yield self.request("PATCH", path, {"schemas": [PATCH], "Operations": [operation]})

    def team(self, team: str, parameters: str = "") -> Iterator[Request]:
        """Read a Team."""
        team_id = self.seeded.teams[team]
        return itertools.repeat(self.request("GET", f"/Groups/{team_id}{parameters}", contains=_id(team_id)))

    def change_members(self, team: str, *operations: dict[str, Any]) -> Request:
        """Change the members of a Team by one PATCH."""
        path = f"/Groups/{self.seeded.teams[team]}?excludedAttributes=members"
        return self.request("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def bulk(self, size: int) -> Iterator[Request]:
        """Push that many new people with each request; all operations must succeed."""
        while True:
            numbers = itertools.islice(self._numbers, size)
            operations = [
                {"method": "POST", "path": "/Users", "bulkId": f"{number}", "data": people.pushed(number)}
                for number in numbers
            ]
            last = operations[-1]["bulkId"]
            yield self.request("POST", "/Bulk", {"schemas": [BULK], "Operations": operations}, contains=f'"{last}"')

    def _cycle(self, make: Any) -> Iterator[Request]:
        chooser = random.Random(7)
        numbers = [chooser.randrange(len(self.seeded.user_ids)) for _ in range(_VARIETY)]
        return itertools.cycle([make(number, self.seeded.user_ids[number]) for number in numbers])


def remove_one(user_id: str) -> dict[str, Any]:
    """Return the PATCH operation that removes a member by the path of RFC 7644 §3.5.2.2."""
    return {"op": "remove", "path": f'members[value eq "{user_id}"]'}


def add(*user_ids: str) -> dict[str, Any]:
    """Return the PATCH operation that adds members."""
    return {"op": "add", "path": "members", "value": [{"value": user_id} for user_id in user_ids]}


def remove(*user_ids: str) -> dict[str, Any]:
    """Return the PATCH operation that removes members."""
    return {"op": "remove", "path": "members", "value": [{"value": user_id} for user_id in user_ids]}


def ceiling_one(user_ids: list[str]) -> Iterator[Request]:
    """Read documents of the ceiling's table."""
    chosen = random.Random(7).choices(user_ids, k=_VARIETY)
    return itertools.cycle([Request(http("GET", f"/one/{user_id}"), 200, _id(user_id).encode()) for user_id in chosen])


def ceiling_write() -> Iterator[Request]:
    """Write documents into the ceiling's table."""
    return itertools.repeat(Request(http("POST", "/write", body=people.pushed(1)), 201))


def ceiling(path: str) -> Iterator[Request]:
    """Ask a ceiling that takes no argument."""
    return itertools.repeat(Request(http("GET", path)))


def _id(resource_id: str) -> str:
    return f'"id":"{resource_id}"'

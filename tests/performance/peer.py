"""G14: another server, scim2-server in memory, behind the product's own granian with the same people and one Team.

It is the quickest of those that reference measurements know for most requests, and the one that installs from PyPI.
"""

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)
from werkzeug.test import Client

from scim_server.cli.serve import server
from scim_server.settings import Settings
from tests.performance import people
from tests.performance.client import Request
from tests.performance.operations import Requests
from tests.performance.seed import BIG, LOOSE, Seeded

SIZE = 10_000
_NAMESPACE = uuid.UUID("5c1a2b64-8d52-4f7e-9d0b-3a0c7f2b9e11")
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


class PeerRequests(Requests):
    """The same requests below the peer's base, which writes JSON with a space after each colon."""

    def request(self, method: str, path: str, body: Any = None, *, status: int = 200, contains: str = "") -> Request:
        if method == "PATCH" and "?" not in path:
            status, contains = 204, ""  # it shows the changed User to who asks for attributes
        return super().request(method, path, body, status=status, contains=contains.replace('":', '": '))

    @property
    def base(self) -> str:
        return "/v2"


def requests() -> PeerRequests:
    """Return the requests to the peer; ids follow from the numbers of the people."""
    user_ids = [_id(number) for number in range(SIZE + LOOSE)]
    return PeerRequests(Seeded("", "peer", user_ids[:SIZE], user_ids[SIZE:], {"big": _id(-1)}))


def application() -> Callable[..., Any]:
    """Return the peer with its people in memory."""
    discovered = (load_default_schemas().values(), load_default_resource_types().values())
    provider = ScimProvider.from_discovery(*discovered, config=load_default_service_provider_config())
    storage = InMemoryStorage()
    peer = BearerTokenApplication(storage, provider, bearer_tokens=["peer"])
    user, team = (
        _made(peer, "Users", people.pushed(0)),
        _made(peer, "Groups", {"schemas": [_GROUP], "displayName": "T"}),
    )
    models = [type(resource) for resource in storage.resources]
    storage.resources = [
        *(
            models[0].model_validate({**user, **people.pushed(number), "id": _id(number)})
            for number in range(SIZE + LOOSE)
        ),
        models[1].model_validate({**team, "id": _id(-1), "members": [{"value": _id(each)} for each in range(BIG)]}),
    ]

    def run(environ: dict[str, Any], start_response: Any) -> Any:
        # Without a length it would read to the end, which granian's body does not offer.
        return peer({"CONTENT_LENGTH": "0", **environ}, start_response)

    return run


def mixed(ask: Requests) -> Iterator[Request]:
    """Send what identity providers send most: look up by id and by name, change, and now and then create."""
    kinds = [ask.get(), ask.filtered('userName eq "%s"'), ask.deactivate(), ask.create()]
    shares = (8, 8, 3, 1)
    order = [kind for kind, share in zip(kinds, shares, strict=True) for _ in range(share)]
    # Evenly mixed: 7 has no divisor in common with the 20 places.
    for place in itertools.count(step=7):
        yield next(order[place % len(order)])


def _id(number: int) -> str:
    return uuid.uuid5(_NAMESPACE, str(number)).hex


def _made(peer: BearerTokenApplication, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": "Bearer peer", "Content-Type": "application/scim+json"}
    answer = Client(peer).post(f"/v2/{kind}", data=json.dumps(body), headers=headers)
    made: dict[str, Any] = json.loads(answer.get_data())
    return made


if __name__ == "__main__":
    server(Settings.load(), "tests.performance.peer:application").serve()

"""Many clients add members to one Group at once: nobody is lost and nobody gets an error."""

import threading
from collections import Counter

import pytest

from tests.support.server import RealServer

pytestmark = pytest.mark.reliability

CLIENTS = 32
EACH = 25


def test_800_members_by_32_clients(real_server: RealServer) -> None:
    real_server.start()
    with real_server.client() as client:
        team = client.create_group("Everybody").json["id"]
        operations = [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": str(number),
                "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": f"user-{number}"},
            }
            for number in range(CLIENTS * EACH)
        ]
        bulk = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
        answer = client.request("POST", "/Bulk", bulk).json
        ids = [each["location"].rpartition("/")[2] for each in answer["Operations"]]
    assert len(set(ids)) == CLIENTS * EACH
    statuses: Counter[int] = Counter()
    barrier = threading.Barrier(CLIENTS)

    def add(own: list[str]) -> None:
        with real_server.client() as client:
            barrier.wait()
            for member in own:
                operation = {"op": "add", "path": "members", "value": [{"value": member}]}
                statuses[client.patch(f"/Groups/{team}", operation).status] += 1

    threads = [threading.Thread(target=add, args=(ids[number::CLIENTS],)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(statuses.values()) == CLIENTS * EACH
    assert set(statuses) <= {200, 204}
    with real_server.client() as client:
        group = client.get(f"/Groups/{team}").json
    assert sorted(member["value"] for member in group["members"]) == sorted(ids)
    assert group["meta"]["version"] == f'W/"{1 + CLIENTS * EACH}"'

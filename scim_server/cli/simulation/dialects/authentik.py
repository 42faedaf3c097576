"""authentik: creates first and looks after a conflict, by a filter without quotes; one operation for each member."""

from typing import Any

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.dialects.base import GROUP, IdentityProvider
from scim_server.cli.simulation.exchange import Kind, Steps
from scim_server.cli.simulation.people import Group, Person


class Authentik(IdentityProvider):
    """authentik's outgoing SCIM provider."""

    title = "authentik"
    user_filter = "userName eq {}"

    def __init__(self) -> None:
        self._chunk = 1

    def connect(self, nobody: str) -> Steps[None]:
        answer = yield self.request(Kind.TEST, "GET", "/ServiceProviderConfig", accept.described)
        # It takes this for the number of operations in a PATCH; below 1 means all at once.
        self._chunk = answer.body["bulk"]["maxOperations"]

    def assign(self, person: Person) -> Steps[str]:
        accepted = accept.created_or_taken("userName", person.user_name)
        answer = yield self.request(Kind.CREATE_USER, "POST", "/Users", accepted, body=self.user(person))
        if "id" in answer.body:
            return str(answer.body["id"])
        found = yield from self.find_user(person, accept.exactly_one)
        assert found is not None
        yield from self.update(found["id"], person)
        return str(found["id"])

    def push(self, group: Group) -> Steps[None]:
        accepted = accept.created_or_taken("displayName", group.name)
        answer = yield self.request(Kind.CREATE_GROUP, "POST", "/Groups", accepted, body=self.group(group))
        found = answer.body if "id" in answer.body else (yield from self.find_group(group, accept.exactly_one))
        assert found is not None
        group.id = str(found["id"])
        if group.members:
            yield from self.change_members(group, list(group.members), [])
        yield self.request(Kind.READ_GROUP, "GET", f"/Groups/{group.id}", accept.whole(group.id))

    def group(self, group: Group) -> dict[str, Any]:
        return {"schemas": [GROUP], "displayName": group.name, "externalId": group.external_id}

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        operations = [{"op": "add", "path": "members", "value": [{"value": member}]} for member in added]
        operations += [self.remove_members([member]) for member in removed]
        size = self._chunk if self._chunk >= 1 else len(operations)
        for start in range(0, len(operations), size):
            part = operations[start : start + size]
            yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, *part)

    def rename(self, group: Group) -> Steps[None]:
        operation = {"op": "replace", "value": {"id": group.id, **self.group(group)}}
        yield self.patch(Kind.RENAME_GROUP, f"/Groups/{group.id}", group.id, operation)

    def import_all(self) -> Steps[None]:
        yield from self.pages(Kind.IMPORT_USERS, "/Users")
        yield from self.pages(Kind.IMPORT_GROUPS, "/Groups")

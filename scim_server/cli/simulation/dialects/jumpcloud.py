"""JumpCloud: activation makes, changes and deletes a test User and a test Group; member changes are repeated."""

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.dialects.base import GROUP, IdentityProvider
from scim_server.cli.simulation.exchange import Kind, Steps
from scim_server.cli.simulation.people import MARK, Group, Person


class JumpCloud(IdentityProvider):
    """JumpCloud."""

    title = "JumpCloud"

    def connect(self, nobody: str) -> Steps[None]:
        person = Person(f"jumpcloud.test.{nobody[:8]}", "Test", "User", "", "0", f"test-{nobody}", "")
        group = Group(f"Test group {nobody[:8]}{MARK}", f"test-{nobody}")
        user_id = yield from self.assign(person)
        yield from self.update(user_id, person)
        group.id = yield from self.create_group(group)
        body = {"schemas": [GROUP], "displayName": group.name}
        yield self.request(Kind.RENAME_GROUP, "PUT", f"/Groups/{group.id}", accept.whole(group.id), body=body)
        yield from self.change_members(group, [user_id], [])
        yield from self.delete_group(group)
        yield from self.delete(user_id)

    def deactivate(self, user_id: str, person: Person) -> Steps[None]:
        operation = {"op": "replace", "path": "active", "value": False}
        yield self.patch(Kind.DEACTIVATE_USER, f"/Users/{user_id}", user_id, operation, active=False)

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        for _ in ("once", "again"):
            yield from super().change_members(group, added, removed)

"""What the identity providers have in common; each overrides what it does in a way of its own.

Each method is one thing that an administrator there does, or that happens by itself, as the requests that follow it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.accept import Accept
from scim_server.cli.simulation.exchange import Kind, Request, Steps
from scim_server.cli.simulation.people import Group, Person

SCIM = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# An import of a directory that holds far more than this simulation made goes no further.
MAX_PAGES = 10


class IdentityProvider:
    """The plainest identity provider: find, POST, PUT, PATCH with paths, DELETE."""

    title: ClassVar[str]
    user_agent: ClassVar[str] = "scim-server-simulate"  # where nobody has seen the real one
    headers: ClassVar[Mapping[str, str]] = {"Accept": SCIM}
    content_type: ClassVar[str] = SCIM
    always_says_content_type: ClassVar[bool] = False
    flag: ClassVar[str] = ""
    user_filter: ClassVar[str] = 'userName eq "{}"'
    group_filter: ClassVar[str] = 'displayName eq "{}"'
    paging: ClassVar[Mapping[str, int]] = {}
    deletes_people: ClassVar[bool] = True

    def request(
        self, kind: Kind, method: str, path: str, accepted: Accept, *, body: Any = None, **query: Any
    ) -> Request:
        """Return a request in the form of this identity provider."""
        headers = {"User-Agent": self.user_agent, **self.headers}
        if body is not None or self.always_says_content_type:
            headers["Content-Type"] = self.content_type
        parts = [self.flag] if self.flag else []
        parts += [f"{name}={quote(str(value), safe='')}" for name, value in query.items()]
        return Request(kind, method, path, accepted, "&".join(parts), body, headers)

    def connect(self, nobody: str) -> Steps[None]:
        """Test the connection, as it is done when it is saved; `nobody` is a name that is not there."""
        yield self.request(
            Kind.TEST, "GET", "/Users", accept.listed, filter=self.user_filter.format(nobody), **self.paging
        )

    def assign(self, person: Person) -> Steps[str]:
        """Find a person or create them, and return the id."""
        found = yield from self.find_user(person)
        if found is None:
            return (yield from self.create_user(person))
        yield from self.adopt(found["id"], person)
        return str(found["id"])

    def find_user(self, person: Person, accepted: Accept = accept.at_most_one) -> Steps[dict[str, Any] | None]:
        """Look for a person by name."""
        query = {"filter": self.user_filter.format(person.user_name), **self.paging}
        answer = yield self.request(Kind.FIND_USER, "GET", "/Users", accepted, **query)
        return next(iter(answer.body["Resources"]), None)

    def create_user(self, person: Person) -> Steps[str]:
        """Create a person and return the id."""
        accepted = accept.created("userName", person.user_name)
        answer = yield self.request(Kind.CREATE_USER, "POST", "/Users", accepted, body=self.user(person))
        return str(answer.body["id"])

    def adopt(self, user_id: str, person: Person) -> Steps[None]:
        """Make a User who was there already like the person."""
        yield from self.update(user_id, person)

    def user(self, person: Person) -> dict[str, Any]:
        """Return a person as the body of a request."""
        return {
            "schemas": [USER],
            "userName": person.user_name,
            "name": {"givenName": person.given_name, "familyName": person.family_name},
            "displayName": person.display_name,
            "emails": [{"value": person.user_name, "type": "work", "primary": True}],
            "externalId": person.external_id,
            "active": person.active,
        }

    def update(self, user_id: str, person: Person, kind: Kind = Kind.UPDATE_USER) -> Steps[None]:
        """Change a User to what the person is now."""
        accepted = accept.whole(user_id, displayName=person.display_name, active=person.active)
        yield self.request(kind, "PUT", f"/Users/{user_id}", accepted, body=self.user(person))

    def set_manager(self, user_id: str, manager_id: str) -> Steps[None]:
        """Name the manager of a User, where the identity provider does."""
        yield from ()

    def deactivate(self, user_id: str, person: Person) -> Steps[None]:
        """Take a person's access away; the person is inactive already."""
        yield from self.update(user_id, person, Kind.DEACTIVATE_USER)

    def reactivate(self, user_id: str, person: Person) -> Steps[None]:
        """Give access back."""
        yield from self.update(user_id, person, Kind.REACTIVATE_USER)

    def delete(self, user_id: str) -> Steps[None]:
        """Delete a User."""
        yield self.request(Kind.DELETE_USER, "DELETE", f"/Users/{user_id}", accept.deleted)

    def push(self, group: Group) -> Steps[None]:
        """Find a Group or create it, and bring its members."""
        found = yield from self.find_group(group)
        group.id = found["id"] if found else (yield from self.create_group(group))
        if group.members:
            yield from self.set_members(group)

    def find_group(self, group: Group, accepted: Accept = accept.at_most_one) -> Steps[dict[str, Any] | None]:
        """Look for a Group by name."""
        query = {"filter": self.group_filter.format(group.name), **self.paging}
        answer = yield self.request(Kind.FIND_GROUP, "GET", "/Groups", accepted, **query)
        return next(iter(answer.body["Resources"]), None)

    def create_group(self, group: Group) -> Steps[str]:
        """Create a Group and return its id."""
        accepted = accept.created("displayName", group.name)
        answer = yield self.request(Kind.CREATE_GROUP, "POST", "/Groups", accepted, body=self.group(group))
        return str(answer.body["id"])

    def group(self, group: Group) -> dict[str, Any]:
        """Return a Group as the body that creates it."""
        return {"schemas": [GROUP], "displayName": group.name}

    def set_members(self, group: Group) -> Steps[None]:
        """Bring the members of a Group that was just found or made."""
        yield from self.change_members(group, list(group.members), [])

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        """Add and remove members, given by their ids; `group` has the new ones already."""
        operations = [self.remove_members([member]) for member in removed]
        if added:
            operations.append({"op": "add", "path": "members", "value": [{"value": member} for member in added]})
        yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, *operations)

    def remove_members(self, removed: list[str]) -> dict[str, Any]:
        """Return the operation that takes members out."""
        return {"op": "remove", "path": "members", "value": [{"value": member} for member in removed]}

    def rename(self, group: Group) -> Steps[None]:
        """Give a Group the name that it has now."""
        operation = {"op": "replace", "path": "displayName", "value": group.name}
        yield self.patch(Kind.RENAME_GROUP, f"/Groups/{group.id}", group.id, operation)

    def delete_group(self, group: Group) -> Steps[None]:
        """Delete a Group."""
        yield self.request(Kind.DELETE_GROUP, "DELETE", f"/Groups/{group.id}", accept.deleted)

    def import_all(self) -> Steps[None]:
        """Read what the server holds, where the identity provider does."""
        yield from ()

    def patch(self, kind: Kind, path: str, resource_id: str, *operations: dict[str, Any], **values: Any) -> Request:
        """Return a PATCH whose answer is the resource with these values, or nothing."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.request(kind, "PATCH", path, accept.done(resource_id, **values), body=body)

    def pages(self, kind: Kind, path: str, **query: int) -> Steps[None]:
        """Read a whole collection page by page, by index."""
        start = 1
        for _ in range(MAX_PAGES):
            answer = yield self.request(kind, "GET", path, accept.listed, startIndex=start, **query)
            start += len(answer.body["Resources"])
            if start > answer.body["totalResults"] or not answer.body["Resources"]:
                return

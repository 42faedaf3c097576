"""Okta: catalogue applications change by PATCH what is active and who is a member, wizard applications PUT it all."""

from collections.abc import Mapping
from typing import Any, ClassVar

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.dialects.base import GROUP, SCIM, USER, IdentityProvider
from scim_server.cli.simulation.exchange import Kind, Steps
from scim_server.cli.simulation.people import Group, Person


class Okta(IdentityProvider):
    """An application of Okta's catalogue."""

    title = "Okta"
    user_agent = "Okta SCIM Client 1.0.0"
    headers: ClassVar[Mapping[str, str]] = {"Accept": SCIM, "Accept-Charset": "utf-8"}
    content_type = f"{SCIM}; charset=utf-8"
    always_says_content_type = True
    paging: ClassVar[Mapping[str, int]] = {"startIndex": 1, "count": 100}
    deletes_people = False

    def connect(self, nobody: str) -> Steps[None]:
        yield self.request(Kind.TEST, "GET", "/Users", accept.listed, startIndex=1, count=2)

    def user(self, person: Person) -> dict[str, Any]:
        return {
            "schemas": [USER],
            "userName": person.user_name,
            "name": {"givenName": person.given_name, "familyName": person.family_name},
            "emails": [{"primary": True, "value": person.user_name, "type": "work"}],
            "displayName": person.display_name,
            "locale": "en-US",
            "externalId": person.external_id,
            "groups": [],
            "password": person.password,
            "active": person.active,
        }

    def adopt(self, user_id: str, person: Person) -> Steps[None]:
        yield from self.reactivate(user_id, person)
        yield from self.update(user_id, person)

    def update(self, user_id: str, person: Person, kind: Kind = Kind.UPDATE_USER) -> Steps[None]:
        # What was read is sent back whole, with the changes in it.
        answer = yield self.request(Kind.READ_USER, "GET", f"/Users/{user_id}", accept.whole(user_id))
        sent = {"schemas", "name", "emails", "displayName", "active"}
        body = {**answer.body, **{name: value for name, value in self.user(person).items() if name in sent}}
        accepted = accept.whole(user_id, displayName=person.display_name, active=person.active)
        yield self.request(kind, "PUT", f"/Users/{user_id}", accepted, body=body)

    def deactivate(self, user_id: str, person: Person) -> Steps[None]:
        operation = {"op": "replace", "value": {"active": False}}
        yield self.patch(Kind.DEACTIVATE_USER, f"/Users/{user_id}", user_id, operation, active=False)

    def reactivate(self, user_id: str, person: Person) -> Steps[None]:
        operation = {"op": "replace", "value": {"active": True}}
        yield self.patch(Kind.REACTIVATE_USER, f"/Users/{user_id}", user_id, operation, active=True)

    def group(self, group: Group) -> dict[str, Any]:
        return {"schemas": [GROUP], "displayName": group.name, "members": []}

    def set_members(self, group: Group) -> Steps[None]:
        yield from self.rename(group)
        value = [{"value": member, "display": person.user_name} for member, person in group.members.items()]
        operation = {"op": "replace", "path": "members", "value": value}
        yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, operation)

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        operations = [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in removed]
        if added:
            value = [{"value": member, "display": group.members[member].user_name} for member in added]
            operations.append({"op": "add", "path": "members", "value": value})  # type: ignore[dict-item]
        yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, *operations)

    def rename(self, group: Group) -> Steps[None]:
        operation = {"op": "replace", "value": {"id": group.id, "displayName": group.name}}
        yield self.patch(Kind.RENAME_GROUP, f"/Groups/{group.id}", group.id, operation)

    def import_all(self) -> Steps[None]:
        yield from self.pages(Kind.IMPORT_USERS, "/Users", count=100)
        yield from self.pages(Kind.IMPORT_GROUPS, "/Groups", count=100)


class OktaWizard(Okta):
    """An application that the wizard made: no PATCH at all."""

    title = "Okta (wizard)"

    def adopt(self, user_id: str, person: Person) -> Steps[None]:
        yield from self.update(user_id, person)

    def deactivate(self, user_id: str, person: Person) -> Steps[None]:
        yield from self.update(user_id, person, Kind.DEACTIVATE_USER)

    def reactivate(self, user_id: str, person: Person) -> Steps[None]:
        yield from self.update(user_id, person, Kind.REACTIVATE_USER)

    def set_members(self, group: Group) -> Steps[None]:
        yield from self._put(group, Kind.CHANGE_MEMBERS)

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        yield from self._put(group, Kind.CHANGE_MEMBERS)

    def rename(self, group: Group) -> Steps[None]:
        yield from self._put(group, Kind.RENAME_GROUP)

    def _put(self, group: Group, kind: Kind) -> Steps[None]:
        body = {
            "schemas": [GROUP],
            "id": group.id,
            "displayName": group.name,
            "members": [{"value": member, "display": None} for member in group.members],
        }
        accepted = accept.whole(group.id, displayName=group.name)
        yield self.request(kind, "PUT", f"/Groups/{group.id}", accepted, body=body)

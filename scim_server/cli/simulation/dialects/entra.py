"""Microsoft Entra ID: PATCH for all changes, in the form of old or in that of `?aadOptscim062020`."""

from typing import Any

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.accept import Accept
from scim_server.cli.simulation.dialects.base import ENTERPRISE, GROUP, SCIM, USER, IdentityProvider
from scim_server.cli.simulation.exchange import Kind, Steps
from scim_server.cli.simulation.people import Group, Person

# A schema that nobody defines and every Group of Entra names.
_OLD_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


class Entra(IdentityProvider):
    """Without the flag: operations with a capital letter and a path each, booleans as text."""

    title = "Microsoft Entra ID"
    content_type = f"{SCIM}; charset=utf-8"

    def connect(self, nobody: str) -> Steps[None]:
        yield self.request(Kind.TEST, "GET", "/Users", accept.listed, filter=self.user_filter.format(nobody))
        query = {"excludedAttributes": "members", "filter": self.group_filter.format(nobody)}
        yield self.request(Kind.TEST, "GET", "/Groups", accept.listed, **query)

    def user(self, person: Person) -> dict[str, Any]:
        return {
            "schemas": [USER, ENTERPRISE],
            "externalId": person.external_id,
            "userName": person.user_name,
            "active": person.active,
            "displayName": person.display_name,
            "emails": [{"primary": True, "type": "work", "value": person.user_name}],
            "meta": {"resourceType": "User"},
            "name": {
                "formatted": person.display_name,
                "familyName": person.family_name,
                "givenName": person.given_name,
            },
            "roles": [],
            ENTERPRISE: {"department": person.department, "employeeNumber": person.number},
        }

    def adopt(self, user_id: str, person: Person) -> Steps[None]:
        yield self.request(Kind.READ_USER, "GET", f"/Users/{user_id}", accept.whole(user_id))
        yield from self.reactivate(user_id, person)
        yield from self.update(user_id, person)

    def update(self, user_id: str, person: Person, kind: Kind = Kind.UPDATE_USER) -> Steps[None]:
        operations = self.changes(
            {
                "displayName": person.display_name,
                "name.givenName": person.given_name,
                "name.familyName": person.family_name,
                'emails[type eq "work"].value': person.user_name,
                f"{ENTERPRISE}:department": person.department,
            }
        )
        yield self.patch(kind, f"/Users/{user_id}", user_id, *operations, displayName=person.display_name)

    def changes(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the operations that set these values: what is plain is replaced, what may be absent is added."""
        return [
            {"op": "Replace" if path.isalpha() else "Add", "path": path, "value": value}
            for path, value in values.items()
        ]

    def set_manager(self, user_id: str, manager_id: str) -> Steps[None]:
        operation = {"op": self.verb("Add"), "path": f"{ENTERPRISE}:manager", "value": manager_id}
        yield self.patch(Kind.SET_MANAGER, f"/Users/{user_id}", user_id, operation)

    def deactivate(self, user_id: str, person: Person) -> Steps[None]:
        yield self.patch(Kind.DEACTIVATE_USER, f"/Users/{user_id}", user_id, self.switch(to=False), active=False)

    def reactivate(self, user_id: str, person: Person) -> Steps[None]:
        yield self.patch(Kind.REACTIVATE_USER, f"/Users/{user_id}", user_id, self.switch(to=True), active=True)

    def switch(self, *, to: bool) -> dict[str, Any]:
        """Return the operation that activates or deactivates."""
        return {"op": "Replace", "path": "active", "value": str(to)}

    def verb(self, name: str) -> str:
        """Return the name of an operation as this form writes it."""
        return name

    def find_group(self, group: Group, accepted: Accept = accept.at_most_one) -> Steps[dict[str, Any] | None]:
        query = {"excludedAttributes": "members", "filter": self.group_filter.format(group.name)}
        answer = yield self.request(Kind.FIND_GROUP, "GET", "/Groups", accepted, **query)
        return next(iter(answer.body["Resources"]), None)

    def group(self, group: Group) -> dict[str, Any]:
        return {
            "schemas": [GROUP, _OLD_GROUP],
            "externalId": group.external_id,
            "displayName": group.name,
            "meta": {"resourceType": "Group"},
        }

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        # Each direction is a request of its own.
        if added:
            value = [{"$ref": None, "value": member} for member in added]
            operation = {"op": self.verb("Add"), "path": "members", "value": value}
            yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, operation)
        if removed:
            operation = self.remove_members(removed)
            yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, operation)

    def remove_members(self, removed: list[str]) -> dict[str, Any]:
        value = [{"$ref": None, "value": member} for member in removed]
        return {"op": "Remove", "path": "members", "value": value}

    def rename(self, group: Group) -> Steps[None]:
        query = {"excludedAttributes": "members"}
        yield self.request(Kind.READ_GROUP, "GET", f"/Groups/{group.id}", accept.whole(group.id), **query)
        (operation,) = self.changes({"displayName": group.name})
        yield self.patch(Kind.RENAME_GROUP, f"/Groups/{group.id}", group.id, operation)

    def import_all(self) -> Steps[None]:
        yield from self.pages(Kind.IMPORT_USERS, "/Users", count=100)


class Entra2020(Entra):
    """With the flag: lower case, real booleans, and one operation whose keys are paths."""

    title = "Microsoft Entra ID (aadOptscim062020)"
    flag = "aadOptscim062020"

    def changes(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"op": "replace", "value": values}]

    def switch(self, *, to: bool) -> dict[str, Any]:
        return {"op": "replace", "path": "active", "value": to}

    def verb(self, name: str) -> str:
        return name.lower()

    def change_members(self, group: Group, added: list[str], removed: list[str]) -> Steps[None]:
        yield from super().change_members(group, added, [])
        for member in removed:
            operation = {"op": "remove", "path": f'members[value eq "{member}"]'}
            yield self.patch(Kind.CHANGE_MEMBERS, f"/Groups/{group.id}", group.id, operation)

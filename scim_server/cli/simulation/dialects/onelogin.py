"""OneLogin: no User-Agent, a GET before every PUT, the list of all Groups before the first of them."""

from typing import Any

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.accept import Accept
from scim_server.cli.simulation.dialects.base import IdentityProvider
from scim_server.cli.simulation.exchange import Kind, Steps
from scim_server.cli.simulation.people import Group, Person


class OneLogin(IdentityProvider):
    """OneLogin."""

    title = "OneLogin"
    user_agent = ""

    def update(self, user_id: str, person: Person, kind: Kind = Kind.UPDATE_USER) -> Steps[None]:
        yield self.request(Kind.READ_USER, "GET", f"/Users/{user_id}", accept.whole(user_id))
        yield from super().update(user_id, person, kind)

    def find_group(self, group: Group, accepted: Accept = accept.listed) -> Steps[dict[str, Any] | None]:
        answer = yield self.request(Kind.IMPORT_GROUPS, "GET", "/Groups", accepted)
        return next((each for each in answer.body["Resources"] if each.get("displayName") == group.name), None)

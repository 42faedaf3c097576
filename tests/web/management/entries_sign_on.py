"""Single sign-on in the tenant matrix."""

from tests.conftest import Cast
from tests.support.logins import set_up_sso
from tests.web.management.entries import Entry

_CHANGE = {"issuer": "https://idp.example.com", "clientId": "scim-server"}


def _connection(cast: Cast, charlies: bool) -> str:
    organization_id = (cast.charlies_api if charlies else cast.api).organization_id
    return set_up_sso(organization_id, issuer="https://idp.example.com")


_PATH = "/connections/{id}/sso"

TABLE = {
    ("Single Sign-On.read_sso", "GET"): [Entry(_PATH, own=_connection)],
    ("Single Sign-On.change_sso", "PATCH"): [Entry(_PATH, _CHANGE, own=_connection)],
    ("Single Sign-On.remove_sso", "DELETE"): [Entry(_PATH, status=204, own=_connection)],
}

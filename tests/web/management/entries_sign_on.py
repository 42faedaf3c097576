"""Single sign-on in the tenant matrix."""

from tests.conftest import Cast
from tests.support.api import good
from tests.support.logins import set_up_sso
from tests.web.management.entries import Entry

_CHANGE = {"issuer": "https://idp.example.com", "clientId": "scim-server"}


def _connection(cast: Cast, charlies: bool) -> str:
    organization_id = (cast.charlies_api if charlies else cast.api).organization_id
    return set_up_sso(organization_id, issuer="https://idp.example.com")


def _bypass_key(cast: Cast, charlies: bool) -> str:
    good((cast.charlies_api if charlies else cast.api).post("/sso-bypass-key"))
    return ""


_KEY = "/sso-bypass-key"
_PATH = "/connections/{id}/sso"

TABLE = {
    ("Single Sign-On.read_sso", "GET"): [Entry(_PATH, own=_connection)],
    ("Single Sign-On.change_sso", "PATCH"): [Entry(_PATH, _CHANGE, own=_connection)],
    ("Single Sign-On.remove_sso", "DELETE"): [Entry(_PATH, status=204, own=_connection)],
    ("Single Sign-On.read_bypass_key", "GET"): [Entry(_KEY, own=_bypass_key)],
    ("Single Sign-On.make_bypass_key", "POST"): [Entry(_KEY)],
    ("Single Sign-On.delete_bypass_key", "DELETE"): [Entry(_KEY, status=204, own=_bypass_key)],
}

"""API tokens in the tenant matrix."""

from tests.conftest import Cast
from tests.support.api import good
from tests.web.management.entries import Entry


def a_token(cast: Cast, theirs: bool) -> str:
    """Make a token and return its id."""
    api = cast.charlies_api if theirs else cast.api
    return str(good(api.post("/tokens", {"name": "matrix", "role": "ORGANIZATION_MEMBER"}))["id"])


ONE = "/tokens/{id}"
TABLE = {
    ("Tokens.list_tokens", "GET"): [Entry("/tokens"), Entry("/tokens?kind=SCIM&sorts=name:asc")],
    ("Tokens.create_token", "POST"): [
        Entry("/tokens", {"name": "matrix", "role": "ORGANIZATION_MEMBER"}),
        Entry("/tokens", {"name": "matrix", "kind": "SCIM"}),
    ],
    ("Tokens.read_token", "GET"): [Entry(ONE, own=a_token)],
    ("Tokens.change_token", "POST"): [Entry(ONE, {"name": "renamed"}, own=a_token)],
    ("Tokens.rotate_token", "POST"): [Entry(f"{ONE}/rotate", {"overlapMinutes": 5}, own=a_token)],
    ("Tokens.delete_token", "DELETE"): [Entry(ONE, status=204, own=a_token)],
}

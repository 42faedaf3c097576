"""Every endpoint there is, against everyone who must not get through: the tenant matrix.

A route without an entry in the table fails: who adds one says here what strangers get from it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from scim_server.tokens.service import MANAGEMENT_SCOPE, create_token
from tests.conftest import OPERATOR, Cast, make_cast
from tests.support.answers import assert_error, body, without
from tests.support.client import BULK, GROUP, PATCH, SEARCH, USER, ScimClient
from tests.web.auth.test_routes import BLUEPRINTS as PAGES

Send = Callable[[ScimClient, str], TestResponse]
Dora = Callable[[Cast, Callable[..., TestResponse]], None]

ANYTHING = {"nobody": "reads this"}
USER_URN = "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass(frozen=True)
class Entry:
    """An endpoint and method: what is sent, and what dora's deprovisioning leaves of it.

    `path` may hold {user} and {group}: ids that are someone else's or random are answered with 404 in the same bytes.
    `dora` tells what is true of a deprovisioned person; None where the endpoint shows nobody.
    """

    path: str
    body: dict[str, Any] | None = None
    dora: Dora | None = None
    status: int = 200

    @property
    def has_id(self) -> bool:
        return "{id}" in self.path


def user_body(user_name: str = "new@acme.example", **attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": user_name, **attributes}


def search_body(**parameters: Any) -> dict[str, Any]:
    return {"schemas": [SEARCH], **parameters}


def patch_body(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


RENAME = patch_body({"op": "replace", "path": "displayName", "value": "Renamed"})


def dora_is_listed(cast: Cast, send: Callable[..., TestResponse]) -> None:
    listed = {each["id"]: each for each in body(send())["Resources"]}
    assert listed[cast.dora]["active"] is False


def dora_is_found(cast: Cast, send: Callable[..., TestResponse]) -> None:
    text = f'id eq "{cast.dora}" and active eq false'
    (found,) = body(send(json=search_body(filter=text)))["Resources"]
    assert found["userName"] == "dora@acme.example"


def dora_is_read(cast: Cast, send: Callable[..., TestResponse]) -> None:
    read = body(send(cast.dora))
    assert read["active"] is False
    assert [group["value"] for group in read["groups"]] == [cast.team]


def dora_stays_a_member(cast: Cast, send: Callable[..., TestResponse]) -> None:
    assert {member["value"] for member in body(send(cast.team))["members"]} == {cast.bob, cast.dora}


def dora_keeps_her_name(cast: Cast, send: Callable[..., TestResponse]) -> None:
    assert_error(send(json=user_body("Dora@Acme.example")), 409, "uniqueness")
    assert_dora_is_out(cast)


def dora_can_be_changed(cast: Cast, send: Callable[..., TestResponse]) -> None:
    assert send(cast.dora).status_code == 200
    assert_dora_is_out(cast)


def dora_can_be_added(cast: Cast, send: Callable[..., TestResponse]) -> None:
    made = body(send(json={"schemas": [GROUP], "displayName": "Alumni", "members": [{"value": cast.dora}]}))
    assert [member["value"] for member in body(cast.acme.get(f"/Groups/{made['id']}"))["members"]] == [cast.dora]
    assert body(cast.acme.get(f"/Users/{cast.dora}"))["active"] is False


def dora_stays_through_put(cast: Cast, send: Callable[..., TestResponse]) -> None:
    assert send(cast.team).status_code == 200
    dora_stays_a_member(cast, lambda team: cast.acme.get(f"/Groups/{team}"))
    assert_dora_is_out(cast)


def dora_can_be_deleted(cast: Cast, send: Callable[..., TestResponse]) -> None:
    assert send(cast.dora).status_code == 204
    assert_error(cast.acme.get(f"/Users/{cast.dora}"), 404)
    assert [member["value"] for member in body(cast.acme.get(f"/Groups/{cast.team}"))["members"]] == [cast.bob]


def dora_outlives_the_team(cast: Cast, send: Callable[..., TestResponse]) -> None:
    assert send(cast.team).status_code == 204
    read = body(cast.acme.get(f"/Users/{cast.dora}"))
    assert read["active"] is False
    assert "groups" not in read


def dora_can_be_changed_in_bulk(cast: Cast, send: Callable[..., TestResponse]) -> None:
    operation = {"method": "PATCH", "path": f"/Users/{cast.dora}", "data": RENAME}
    answer = body(send(json={"schemas": [BULK], "Operations": [operation]}))
    assert answer["Operations"][0]["status"] == "200"
    assert_dora_is_out(cast)


def assert_dora_is_out(cast: Cast) -> None:
    dora_is_read(cast, lambda user_id: cast.acme.get(f"/Users/{user_id}"))


# Endpoint of the blueprint, method: entries. Where a route serves Users and Groups, one entry for each.
TABLE: dict[tuple[str, str], list[Entry]] = {
    ("list_everything", "GET"): [Entry("", dora=dora_is_listed)],
    ("search_everything", "POST"): [Entry("/.search", search_body(), dora_is_found)],
    ("list_resources", "GET"): [Entry("/Users", dora=dora_is_listed), Entry("/Groups")],
    ("search_resources", "POST"): [
        Entry("/Users/.search", search_body(), dora_is_found),
        Entry("/Groups/.search", search_body()),
    ],
    ("create_resource", "POST"): [
        Entry("/Users", user_body(), dora_keeps_her_name, 201),
        Entry("/Groups", {"schemas": [GROUP], "displayName": "New"}, dora_can_be_added, 201),
    ],
    ("read_resource", "GET"): [
        Entry("/Users/{id}", dora=dora_is_read),
        Entry("/Groups/{id}", dora=dora_stays_a_member),
    ],
    ("replace_resource", "PUT"): [
        Entry("/Users/{id}", user_body("changed@acme.example"), dora_can_be_changed),
        Entry("/Groups/{id}", {"schemas": [GROUP], "displayName": "Renamed"}, dora_stays_through_put),
    ],
    ("patch_resource", "PATCH"): [
        Entry("/Users/{id}", RENAME, dora_can_be_changed),
        Entry("/Groups/{id}", RENAME, dora_stays_through_put),
    ],
    ("delete_resource", "DELETE"): [
        Entry("/Users/{id}", dora=dora_can_be_deleted, status=204),
        Entry("/Groups/{id}", dora=dora_outlives_the_team, status=204),
    ],
    ("bulk", "POST"): [
        Entry(
            "/Bulk",
            {"schemas": [BULK], "Operations": [{"method": "POST", "path": "/Users", "bulkId": "1", "data": {}}]},
            dora_can_be_changed_in_bulk,
        )
    ],
    ("read_service_provider_config", "GET"): [Entry("/ServiceProviderConfig")],
    ("list_resource_types", "GET"): [Entry("/ResourceTypes")],
    ("read_resource_type", "GET"): [Entry("/ResourceTypes/User")],
    ("list_schemas", "GET"): [Entry("/Schemas")],
    ("read_schema", "GET"): [Entry(USER_URN)],
    # A token stands for an Organization and not for a person, so there is nobody whose /Me it could be.
    ("me", "GET"): [Entry("/Me", status=501)],
    ("me", "POST"): [Entry("/Me", ANYTHING, status=501)],
    ("me", "PUT"): [Entry("/Me", ANYTHING, status=501)],
    ("me", "PATCH"): [Entry("/Me", ANYTHING, status=501)],
    ("me", "DELETE"): [Entry("/Me", status=501)],
}
# Routes that need no token, and why: they tell nothing of any Organization, or ask for a secret of their own.
PUBLIC = {
    ("bootstrap.static", "GET"): "files of a library, the same for everyone",
    ("oauth.metadata", "GET"): "where logins of devices begin, the same for everyone",
    ("oauth.begin_device_login", "POST"): "nobody is logged in yet (tests/web/oauth)",
    ("oauth.issue_tokens", "POST"): "the code or refresh token is the secret (tests/web/oauth)",
    ("oauth.revoke_token", "POST"): "the token that ends is the secret (tests/web/oauth)",
    ("operations.healthz", "GET"): "a load balancer asks whether the process answers",
    ("docs.openapi", "GET"): "the description of the management API, the same for everyone",
    ("docs.page", "GET"): "that description as a page",
    ("docs.style", "GET"): "the style sheet of that page",
    ("invitations.show", "GET"): "the link of a mail is the secret (tests/security/test_invitations.py)",
    ("invitations.answer", "POST"): "the link of a mail is the secret (tests/security/test_invitations.py)",
    ("operations.readyz", "GET"): "a load balancer asks whether the database has this version's tables",
}

CASES = [
    pytest.param(method, entry, id=f"{method} {entry.path or '/'}")
    for (_, method), entries in TABLE.items()
    for entry in entries
]
HEADS = [
    pytest.param("HEAD", entry, id=f"HEAD {entry.path or '/'}")
    for (_, method), entries in TABLE.items()
    for entry in entries
    if method == "GET"
]
every_endpoint = pytest.mark.parametrize(("method", "entry"), [*CASES, *HEADS])


def send(client: ScimClient, method: str, entry: Entry, resource_id: str = "", **arguments: Any) -> TestResponse:
    """Send an entry's request."""
    if entry.body is not None:
        arguments.setdefault("json", entry.body)
    return client.request(method, entry.path.format(id=resource_id), **arguments)


def routes(app: Flask) -> set[tuple[str, str]]:
    """Return every endpoint with every method that is served; HEAD goes with GET, OPTIONS tells methods only."""
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if not (method == "HEAD" and "GET" in (rule.methods or ()))
        and not (method == "OPTIONS" and rule.provide_automatic_options)
    }


def test_every_route_has_an_entry(app: Flask) -> None:
    scim = {
        (endpoint.removeprefix("scim."), method) for endpoint, method in routes(app) if endpoint.startswith("scim.")
    }

    assert scim == set(TABLE)
    # The management API has a matrix of its own: tests/web/management.
    managed = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith(("/v1/organizations", "/v1/users"))
    }
    # So have the pages for people: tests/web/auth/test_routes.py.
    others = {route for route in routes(app) if not route[0].startswith(("scim.", *PAGES))}
    assert {route for route in others if route[0] not in managed} == set(PUBLIC)


def test_new_route_without_an_entry_is_noticed() -> None:
    app = Flask(__name__)
    app.add_url_rule("/new", "scim.new", methods=["POST"], view_func=lambda: "", provide_automatic_options=False)

    assert ("scim.new", "POST") in routes(app)


def test_every_route_that_shows_people_has_a_case_for_dora() -> None:
    without_people = {"/Groups", "/Groups/.search", "/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User"}
    without_people |= {"/Schemas", USER_URN, "/Me"}

    assert {entry.path for entries in TABLE.values() for entry in entries if entry.dora is None} == without_people


def test_public_routes_name_no_organization(app: Flask, cast: Cast) -> None:
    client = app.test_client()

    assert client.get("/healthz").get_data() == b"ok\n"
    assert client.get("/readyz").get_data() == b"ok\n"


@pytest.mark.parametrize(("method", "entry"), CASES)
def test_token_of_the_organization_gets_through(cast: Cast, method: str, entry: Entry) -> None:
    """The other rows refuse because of who asks, and not because the request was wrong."""
    own = cast.bob if "Users" in entry.path else cast.team

    assert send(cast.acme, method, entry, own).status_code == entry.status


@pytest.fixture(scope="module")
def idle(app: Flask) -> Cast:
    """Give one cast to all tests in which everything is refused."""
    with app.app_context():
        return make_cast(app)


@every_endpoint
def test_no_token(idle: Cast, method: str, entry: Entry) -> None:
    own = idle.bob if "Users" in entry.path else idle.team

    answer = send(idle.acme, method, entry, own, headers={"Authorization": ""})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="scim"')


@pytest.fixture(scope="module")
def narrow(app: Flask, idle: Cast) -> list[ScimClient]:
    """Give clients whose tokens do not serve SCIM: with no right at all, and with rights elsewhere."""
    rights: list[tuple[str | None, tuple[str, ...]]] = [
        (None, ()),
        ("ORGANIZATION_MEMBER", ()),
        ("ORGANIZATION_BILLING_ADMIN", (MANAGEMENT_SCOPE,)),
    ]
    organization_id = idle.acme.organization_id
    with app.app_context():
        tokens = [
            create_token(organization_id, OPERATOR, name="narrow", role=role, scopes=scopes)[1]
            for role, scopes in rights
        ]
    return [ScimClient(app, organization_id, token) for token in tokens]


@every_endpoint
def test_wrong_scope(idle: Cast, narrow: list[ScimClient], method: str, entry: Entry) -> None:
    own = idle.bob if "Users" in entry.path else idle.team

    for client in narrow:
        answer = send(client, method, entry, own)
        assert answer.status_code == 403
        assert "bob@" not in answer.get_data(as_text=True)


@every_endpoint
def test_token_of_another_organization(app: Flask, idle: Cast, method: str, entry: Entry) -> None:
    """charlie's token learns nothing of acme: not even that there is such an Organization."""
    own = idle.bob if "Users" in entry.path else idle.team
    nowhere = str(uuid.uuid4())

    answers = [
        without(send(ScimClient(app, organization_id, idle.elsewhere.token), method, entry, own), organization_id)
        for organization_id in (idle.acme.organization_id, nowhere, "acme-nowhere")
    ]

    assert answers[0][0] == 404
    assert answers == [answers[0]] * 3


@pytest.mark.parametrize(("method", "entry"), [case for case in [*CASES, *HEADS] if case.values[1].has_id])
def test_ids_of_another_organization(idle: Cast, method: str, entry: Entry) -> None:
    """charlie's ids are answered like random ones, byte for byte but the id, and nothing happens to charlie."""
    theirs = idle.charlie if "Users" in entry.path else idle.charlies_team
    random = str(uuid.uuid4())
    before = idle.elsewhere.get(entry.path.format(id=theirs))

    foreign = send(idle.acme, method, entry, theirs)
    unknown = send(idle.acme, method, entry, random)

    assert foreign.status_code == 404
    assert without(foreign, theirs) == without(unknown, random)
    after = idle.elsewhere.get(entry.path.format(id=theirs))
    assert (after.status_code, after.get_data()) == (200, before.get_data())


LISTS = ("list_everything", "search_everything", "list_resources", "search_resources")


@pytest.mark.parametrize(
    ("method", "entry"),
    [(method, entry) for (endpoint, method), entries in TABLE.items() if endpoint in LISTS for entry in entries],
)
def test_lists_hold_nobody_of_another_organization(idle: Cast, method: str, entry: Entry) -> None:
    text = send(idle.acme, method, entry).get_data(as_text=True)

    for theirs in (idle.charlie, idle.charlies_team, idle.elsewhere.organization_id, "globex"):
        assert theirs not in text


@pytest.mark.parametrize(("method", "entry"), [case for case in CASES if case.values[1].dora])
def test_deprovisioned_person(cast: Cast, method: str, entry: Entry) -> None:
    assert entry.dora is not None

    entry.dora(cast, lambda resource_id="", **arguments: send(cast.acme, method, entry, resource_id, **arguments))

"""Teams in the tenant matrix."""

from scim_server.users.policy import Status
from tests.conftest import Cast
from tests.support.api import ApiClient, good
from tests.support.people import insert_person
from tests.web.management.entries import Entry

# A request's body is fixed, so that one person has the same id in each Organization that is asked about.
EVE = "01990000-0000-7000-8000-00000000e4e0"


def by_hand(api: ApiClient) -> None:
    """Switch provisioning off, so that Teams are made by hand."""
    organization = good(api.get(""))
    body = {"name": organization["name"], "billingEmail": "billing@acme.example", "isScimEnabled": False}
    good(api.post("", body))


def team(cast: Cast, elsewhere: bool) -> str:
    return cast.charlies_team if elsewhere else cast.team


def team_made_by_hand(cast: Cast, elsewhere: bool) -> str:
    api = cast.charlies_api if elsewhere else cast.api
    by_hand(api)
    found = good(api.get("/teams", names="By hand"))["teams"]
    return str(found[0]["id"] if found else good(api.post("/teams", {"name": "By hand"}))["id"])


def team_to_add_eve_to(cast: Cast, elsewhere: bool) -> str:
    api = cast.charlies_api if elsewhere else cast.api
    if api.get(f"/users/{EVE}").status_code != 200:
        insert_person(api.organization_id, "eve", Status.ACTIVE, "ORGANIZATION_MEMBER", user_id=EVE)
    return team_made_by_hand(cast, elsewhere)


def team_with_eve(cast: Cast, elsewhere: bool) -> str:
    api = cast.charlies_api if elsewhere else cast.api
    found = team_to_add_eve_to(cast, elsewhere)
    good(api.post(f"/teams/{found}/members", {"memberIds": [EVE]}), 204)
    return found


def dora_is_hidden_among_the_members(cast: Cast) -> None:
    listed = good(cast.api.get(f"/teams/{cast.team}/members"))
    assert [member["userId"] for member in listed["teamMembers"]] == [cast.bob]
    assert listed["totalCount"] == 1


def dora_can_be_added_and_stays_hidden(cast: Cast) -> None:
    found = team_made_by_hand(cast, False)
    good(cast.api.post(f"/teams/{found}/members", {"memberIds": [cast.dora]}), 204)
    assert good(cast.api.get(f"/teams/{found}/members"))["totalCount"] == 0
    assert len(good(cast.api.post(f"/users/{cast.dora}/reactivate"))["teams"]) == 2


def dora_can_be_taken_out(cast: Cast) -> None:
    good(cast.api.delete(f"/teams/{cast.team}/members/{cast.dora}"), 204)
    assert good(cast.api.post(f"/users/{cast.dora}/reactivate"))["teams"] == []


TABLE = {
    ("Teams.list_teams", "GET"): [Entry("/teams")],
    ("Teams.create_team", "POST"): [Entry("/teams", {"name": "New"}, own=team_made_by_hand)],
    ("Teams.read_team", "GET"): [Entry("/teams/{id}", own=team)],
    ("Teams.update_team", "POST"): [Entry("/teams/{id}", {"name": "Renamed"}, own=team_made_by_hand)],
    ("Teams.delete_team", "DELETE"): [Entry("/teams/{id}", status=204, own=team)],
    ("Teams.list_members", "GET"): [Entry("/teams/{id}/members", own=team, dora=dora_is_hidden_among_the_members)],
    ("Teams.add_members", "POST"): [
        Entry(
            "/teams/{id}/members",
            {"memberIds": [EVE]},
            status=204,
            own=team_to_add_eve_to,
            dora=dora_can_be_added_and_stays_hidden,
        )
    ],
    ("Teams.remove_member", "DELETE"): [
        Entry("/teams/{id}/members/" + EVE, status=204, own=team_with_eve, dora=dora_can_be_taken_out)
    ],
}

"""Users in the tenant matrix."""

from sqlalchemy import select

from scim_server.accounts.sessions import list_sessions
from scim_server.database import reading
from scim_server.users.models import User
from tests.conftest import Cast
from tests.support.accounts import address, link, make_account, sign_in
from tests.support.api import good, refused
from tests.web.management.entries import Entry


def bob(cast: Cast, elsewhere: bool) -> str:
    return cast.charlie if elsewhere else cast.bob


def bobs_session(cast: Cast, elsewhere: bool) -> str:
    user_id, organization_id = bob(cast, elsewhere), (cast.elsewhere if elsewhere else cast.acme).organization_id
    with reading() as connection:
        found = connection.execute(select(User.account_id).where(User.id == user_id)).first()
    if found is None:  # removed by an entry before, where one cast goes through all of them
        return f"{user_id}/sessions/ended"
    account_id = found[0]
    if account_id is None:
        account_id = make_account(address())
        link(organization_id, user_id, account_id)
    sign_in(account_id, organization_id)
    return f"{user_id}/sessions/{list_sessions(account_id)[0].id}"


def dora_has_no_sessions(cast: Cast) -> None:
    assert good(cast.api.get(f"/users/{cast.dora}/sessions")) == {"sessions": []}


def dora_is_listed_without_what_she_holds(cast: Cast) -> None:
    listed = {user["id"]: user for user in good(cast.api.get("/users"))["users"]}
    assert listed[cast.dora]["status"] == "INACTIVE"
    assert listed[cast.dora]["organizationRole"] is None
    for query in ({"teamId": cast.team}, {"organizationRole": "ORGANIZATION_MEMBER"}):
        assert cast.dora not in {user["id"] for user in good(cast.api.get("/users", **query))["users"]}


def dora_is_read_without_what_she_holds(cast: Cast) -> None:
    dora = good(cast.api.get(f"/users/{cast.dora}"))
    assert (dora["status"], dora["organizationRole"], dora["teams"]) == ("INACTIVE", None, [])
    assert (dora["workspaceRoles"], dora["deploymentRoles"], dora["dagRoles"]) == ([], [], [])


def dora_shows_no_teams(cast: Cast) -> None:
    assert good(cast.api.get(f"/users/{cast.dora}/teams"))["totalCount"] == 0


def dora_can_be_removed(cast: Cast) -> None:
    good(cast.api.delete(f"/users/{cast.dora}"), 204)
    refused(cast.api.get(f"/users/{cast.dora}"), 404)


def dora_stays_deactivated(cast: Cast) -> None:
    before = cast.acme.get(f"/Users/{cast.dora}").get_data()
    assert good(cast.api.post(f"/users/{cast.dora}/deactivate"))["status"] == "INACTIVE"
    assert cast.acme.get(f"/Users/{cast.dora}").get_data() == before


def dora_gets_back_what_she_had(cast: Cast) -> None:
    dora = good(cast.api.post(f"/users/{cast.dora}/reactivate"))
    assert (dora["id"], dora["status"], dora["organizationRole"]) == (cast.dora, "ACTIVE", "ORGANIZATION_MEMBER")
    assert [team["id"] for team in dora["teams"]] == [cast.team]


TABLE = {
    ("Users.list_users", "GET"): [Entry("/users", dora=dora_is_listed_without_what_she_holds)],
    ("Users.read_user", "GET"): [Entry("/users/{id}", own=bob, dora=dora_is_read_without_what_she_holds)],
    ("Users.remove_user", "DELETE"): [Entry("/users/{id}", status=204, own=bob, dora=dora_can_be_removed)],
    ("Users.leave_organization", "DELETE"): [Entry("/users/self", status=409, everyone=True)],
    ("Users.deactivate_user", "POST"): [Entry("/users/{id}/deactivate", own=bob, dora=dora_stays_deactivated)],
    ("Users.reactivate_user", "POST"): [Entry("/users/{id}/reactivate", own=bob, dora=dora_gets_back_what_she_had)],
    ("Sessions.list_sessions_of_user", "GET"): [Entry("/users/{id}/sessions", own=bob, dora=dora_has_no_sessions)],
    ("Sessions.end_session_of_user", "DELETE"): [Entry("/users/{id}", status=204, own=bobs_session)],
    ("Sessions.end_sessions_of_user", "DELETE"): [Entry("/users/{id}/sessions", status=204, own=bob)],
    ("Self.read_self", "GET"): [Entry("/v1/users/self", everyone=True)],
    ("Users.list_teams_of_user", "GET"): [Entry("/users/{id}/teams", own=bob, dora=dora_shows_no_teams)],
}

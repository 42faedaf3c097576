"""What `members` shows, of one Team and on a page."""

from tests.support.client import ScimClient

NAMES = ("null", 'Zoë ",\n  "x', "[{,}]", "雪 \\", None)


def test_members_show_their_names_as_they_are(scim: ScimClient) -> None:
    people = [
        scim.create_user(f"user{number}", **({"displayName": name} if name else {}))["id"]
        for number, name in enumerate(NAMES)
    ]
    inner = scim.create_group('Team "A", B')["id"]
    team = scim.create_group("Everybody", *people, inner)

    page = {each["id"]: each for each in scim.get("/Groups").get_json(force=True)["Resources"]}

    shown = {member["value"]: member.get("display") for member in team["members"]}
    assert shown == dict(zip([*people, inner], [*NAMES, 'Team "A", B'], strict=True))
    assert page[team["id"]] == team == scim.get(f"/Groups/{team['id']}").get_json(force=True)
    assert "members" not in page[inner]

"""Who did something, by name."""

from scim_server.audit.service import ActorType
from scim_server.database import reading
from scim_server.tokens.service import create_token
from scim_server.users.subjects import Actor, subjects_of
from tests.conftest import OPERATOR, Cast


def test_subjects_are_told_by_name_here_and_by_id_elsewhere(cast: Cast) -> None:
    here, elsewhere = cast.api.organization_id, cast.charlies_api.organization_id
    token, _ = create_token(here, OPERATOR, name="deploy")
    by_token, by_user = Actor(ActorType.TOKEN, token.id), Actor(ActorType.USER, cast.bob)
    by_operator, by_nobody = Actor(ActorType.OPERATOR, "root"), Actor(None, None)
    gone = Actor(ActorType.USER, "gone")
    actors = [by_token, by_user, by_operator, by_nobody, gone]

    with reading() as connection:
        told, strange = (subjects_of(connection, each, actors) for each in (here, elsewhere))

    bob = {"id": cast.bob, "subjectType": "USER"}
    assert told == {
        by_token: {"id": token.id, "subjectType": "SERVICEKEY", "apiTokenName": "deploy"},
        by_user: {**bob, "username": "bob@acme.example", "fullName": "bob@acme.example"},
        by_operator: {"id": "root", "subjectType": "SYSTEM"},
        by_nobody: None,
        gone: {"id": "gone", "subjectType": "USER"},
    }
    assert strange[by_token] == {"id": token.id, "subjectType": "SERVICEKEY"}
    assert strange[by_user] == bob

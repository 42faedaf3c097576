"""What the journal keeps of bodies and addresses: no secret in any of the forms that clients have for it."""

import json

import pytest

from scim_server.connections.redaction import (
    MAX_BODY,
    MAX_SEARCHED_BODY,
    REMOVED,
    answer_shown,
    body_shown,
    names_secret,
    plain,
)

CANARY = "hunter2-canary"
TOKEN = f"scim_{'0a' * 10}_{'s3cr3t' * 7}"


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "ann", "password": CANARY},
        {"userName": "ann", "PASSWORD": CANARY},
        {"urn:ietf:params:scim:schemas:core:2.0:User:password": CANARY},
        {"urn:ietf:params:scim:schemas:core:2.0:User": {"password": CANARY}},
        {"Operations": [{"op": "replace", "path": "password", "value": CANARY}]},
        {"Operations": [{"op": "Replace", "Path": "urn:x:User:password", "Value": CANARY}]},
        {"Operations": [{"op": "replace", "value": {"password": CANARY}}]},
        {"Operations": [{"op": "add", "path": "passwords", "value": [{"value": CANARY}]}]},
        {"Operations": [{"method": "POST", "path": "/Users", "data": {"password": {"deep": [CANARY]}}}]},
        {"roles": [{"value": json.dumps({"password": CANARY})}]},
        {"client_secret": CANARY, "apiKey": CANARY, "access_token": CANARY, "credentials": [CANARY]},
        {"note": f"Bearer {CANARY}"},
        {"note": TOKEN},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_secrets_are_removed(body: dict[str, object]) -> None:
    shown = body_shown(json.dumps(body).encode())
    assert CANARY not in shown
    assert TOKEN not in shown
    assert REMOVED in shown


def test_the_rest_stays() -> None:
    shown = json.loads(body_shown(b'{"userName": "ann", "password": "x", "emails": [{"value": "ann@example.org"}]}'))
    assert shown == {"userName": "ann", "password": REMOVED, "emails": [{"value": "ann@example.org"}]}


def test_an_escape_hides_nothing() -> None:
    assert CANARY not in body_shown(b'{"\\u0070assword": "%s"}' % CANARY.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"password=" + CANARY.encode(),
        b'{"password": "' + CANARY.encode(),
        b'{"password": "' + CANARY.encode() + b'", "filler": "' + b"x" * MAX_SEARCHED_BODY + b'"}',
    ],
    ids=["no JSON", "cut off", "long"],
)
def test_what_cannot_be_searched_is_not_kept(body: bytes) -> None:
    assert CANARY not in body_shown(body)


def test_what_is_nested_too_deeply_is_removed() -> None:
    deep = b'{"a":' * 900 + b'{"password":"' + CANARY.encode() + b'"}' + b"}" * 900
    assert CANARY not in body_shown(deep)


def test_without_a_secret_the_text_is_as_it_was_sent() -> None:
    assert body_shown(b'{ "userName" :"ann" ') == '{ "userName" :"ann" '


def test_long_bodies_are_cut() -> None:
    assert body_shown(b"x" * 100_000) == "x" * MAX_BODY + "… (100,000 bytes)"
    assert len(answer_shown("é".encode() * 50_000, 100)) < 130


def test_text_that_no_database_holds_is_replaced() -> None:
    assert body_shown(b"a\0b\xff") == "a?b\ufffd"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("filter=userName+eq+%22ann%22", "filter=userName+eq+%22ann%22"),
        (f"filter=password+eq+%22{CANARY}%22", REMOVED),
        (f"filter=pass%77ord+eq+%22{CANARY}%22", REMOVED),
        (f"filter=api%5Fkey+eq+%22{CANARY}%22", REMOVED),
        (f"filter=to%E2%84%AAen+eq+%22{CANARY}%22", REMOVED),
        (f"access_token={CANARY}", REMOVED),
        (
            "filter=emails%5Bvalue%20eq%20%22ann%40x.example%22%5D",
            "filter=emails%5Bvalue%20eq%20%22ann%40x.example%22%5D",
        ),
        (f"x={TOKEN}", f"x={REMOVED}"),
        ("a=\x1b[31m", "a=?[31m"),
    ],
)
def test_queries(query: str, shown: str) -> None:
    assert (REMOVED if names_secret(query) else plain(query)) == shown


def test_a_token_in_a_path_is_removed() -> None:
    assert plain(f"/scim/v2/acme/Users/{TOKEN}") == f"/scim/v2/acme/Users/{REMOVED}"

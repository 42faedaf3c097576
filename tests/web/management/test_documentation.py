"""The OpenAPI document and the page made of it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask

from scim_server.roles.catalogue import catalogue
from scim_server.web.management.document import operations_of
from scim_server.web.management.reference import Reference
from tests.support.api import good


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    """Give the document as it is served."""
    found: dict[str, Any] = good(app.test_client().get("/v1/openapi.json"))
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in operations_of(item):
            yield f"{method.upper()} {path}", operation


def test_the_document_is_one(app: Flask, document: dict[str, Any]) -> None:
    schemathesis.openapi.from_wsgi("/v1/openapi.json", app).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_it_is_made_once(app: Flask) -> None:
    documentation = app.extensions["management_documentation"]
    client = app.test_client()

    assert client.get("/v1/openapi.json").get_data() is not None
    made = documentation.json
    client.get("/v1/openapi.json")
    assert documentation.json is made


def test_every_route_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", "{}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and not rule.endpoint.startswith("docs.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {
        (re.sub(r"\{\w+\}", "{}", path), method.upper())
        for path, item in document["paths"].items()
        for method, _ in operations_of(item)
    }
    assert routes == told


def test_operations_have_ids_and_summaries(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]

    assert len(ids) == len(set(ids))
    for label, operation in operations(document):
        assert re.fullmatch(r"[a-z][a-zA-Z0-9]+", operation["operationId"]), label
        assert operation["summary"].endswith("."), label
        assert operation["tags"], label


def test_permissions_are_of_the_catalogue(document: dict[str, Any]) -> None:
    known = catalogue().organization.role(catalogue().owner).permissions

    for label, operation in operations(document):
        assert operation["x-permission"] in known | {""}, label


def test_parameters_are_described(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        named = set(re.findall(r"\{(\w+)\}", path))
        for _, operation in operations_of(item):
            parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
            in_path = [each for each in parameters if each["in"] == "path"]
            assert {each["name"] for each in in_path} == named, path
            assert all(each["required"] and each["description"] for each in in_path), path
        assert "_" not in path


def test_errors_have_their_form_and_headers(document: dict[str, Any]) -> None:
    for label, operation in operations(document):
        answers = operation["responses"]
        assert "default" not in answers, label
        assert {"400", "401", "403", "404", "429", "503"} <= set(answers), label
        assert any(status < "300" for status in answers), label
        for status, answer in answers.items():
            if status >= "400":
                reference = answer["content"]["application/json"]["schema"]["$ref"]
                assert reference == "#/components/schemas/Error", label
                assert "X-Request-Id" in answer["headers"], label
        assert "Retry-After" in answers["429"]["headers"], label


def test_a_post_may_bear_a_key(document: dict[str, Any]) -> None:
    for label, operation in operations(document):
        names = [parameter["name"] for parameter in operation.get("parameters", ())]
        assert ("Idempotency-Key" in names) is label.startswith("POST "), label


def test_unknown_fields_are_refused_in_writing(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema:
            assert schema["additionalProperties"] is False, name


class Page(HTMLParser):
    """Notes what a page loads and links, and its ids."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values["href"] or ""] if tag == "a" else []
        self.loaded += [values.get("href") or ""] if tag == "link" else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        assert tag not in {"script", "style", "img", "iframe", "object", "form"}
        assert "style" not in values
        assert not any(name.startswith("on") for name in values)


def test_page(app: Flask, document: dict[str, Any]) -> None:
    answer = app.test_client().get("/v1/docs")

    assert answer.mimetype == "text/html"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    text = answer.get_data(as_text=True)
    page = Page()
    page.feed(text)
    assert page.loaded == ["docs.css"]
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert page.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    for _, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in text
        assert f"<code>{operation['x-permission']}</code>" in text or not operation["x-permission"]


def test_page_has_its_style(app: Flask) -> None:
    answer = app.test_client().get("/v1/docs.css")

    assert answer.mimetype == "text/css"
    text = answer.get_data(as_text=True)
    assert "prefers-color-scheme: dark" in text
    assert "url(" not in text
    assert "@import" not in text


def test_examples_fit_their_schemas() -> None:
    leaf = {"type": "object", "properties": {"role": {"type": "string", "enum": ["A", "B"]}}}
    thing = {
        "type": "object",
        "required": ["email"],
        "properties": {
            "email": {"type": "string", "maxLength": 254},
            "userId": {"type": ["string", "null"]},
            "createdAt": {"type": "string", "format": "date-time"},
            "count": {"type": "integer", "minimum": 3},
            "days": {"type": "integer", "default": 7},
            "on": {"type": "boolean"},
            "leaves": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}},
            "leaf": {"anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"type": "null"}]},
            "any": {},
            "self": {"$ref": "#/components/schemas/Thing"},
            "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    }
    reading = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    answers = {"201": {"description": "Made.", **reading}, "400": {"description": "Wrong.", **reading}}
    operation = {"operationId": "makeThing", "tags": ["Things"], "requestBody": reading, "responses": answers}
    found = Reference(
        {
            "info": {"title": "", "version": "", "description": ""},
            "servers": [{"url": "https://idp.example.com"}],
            "components": {"schemas": {"Leaf": leaf, "Thing": thing, "Error": {"type": "object"}}},
            "paths": {"/v1/things": {"post": operation}},
        }
    )

    (group,) = found.groups()
    (shown,) = group.operations
    rows = {row.name: row for row in shown.body}
    assert rows["email"].required
    assert rows["email"].type == "string; to 254"
    assert rows["leaves"].type == "array of object"
    assert rows["leaves[].role"].type == "string: A, B"
    assert rows["leaf.role"].type == "string: A, B"
    assert '"email": "ada@example.com"' in shown.body_example
    assert '"count": 3' in shown.body_example
    assert '"role": "A"' in shown.body_example
    assert shown.statuses == "201, 400"
    assert [bool(answer.rows) for answer in shown.answers] == [True, False]
    assert shown.command.startswith("curl -X POST -H 'Authorization: Bearer {token}' https://idp.example.com/v1/things")

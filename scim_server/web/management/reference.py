"""The OpenAPI document as people read it: operations by tag, fields as rows, examples, and a command to copy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from scim_server.web.management.document import operations_of

# Levels of objects that are shown in rows and examples; deeper ones are named.
_DEPTH = 4
_EXAMPLE_ID = "0198c0de-7d2a-7c3e-9a51-4f2b8c6d7e10"
_EXAMPLE_MOMENT = "2026-01-31T12:00:00.000000Z"
_BY_NAME = {
    "email": "ada@example.com",
    "inviteeEmail": "ada@example.com",
    "username": "ada@example.com",
    "role": "ORGANIZATION_MEMBER",
    "organizationRole": "ORGANIZATION_MEMBER",
    "fullName": "Ada Lovelace",
    "domain": "example.com",
}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or field: `where` is path, query, header, or the level of a field."""

    name: str
    type: str
    required: bool
    description: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One status: what it means, its fields, and an example; both empty for errors, which all look alike."""

    status: str
    description: str
    media_types: tuple[str, ...]
    rows: tuple[Row, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    permission: str
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    body_example: str
    answers: tuple[Answer, ...]
    command: str

    @property
    def statuses(self) -> str:
        """Return all statuses in one line."""
        return ", ".join(answer.status for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag."""

    name: str
    description: str
    operations: tuple[Operation, ...]


class Reference:
    """Reads a finished OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._schemas = document["components"]["schemas"]
        self.title: str = document["info"]["title"]
        self.version: str = document["info"]["version"]
        self.description: str = document["info"]["description"]
        self.server: str = document["servers"][0]["url"]

    def groups(self) -> list[Group]:
        """Return the operations by tag, in the order of the document."""
        found: dict[str, list[Operation]] = {tag["name"]: [] for tag in self._document.get("tags", ())}
        for path, item in self._document["paths"].items():
            for method, operation in operations_of(item):
                shown = self._operation(path, method, item.get("parameters", []), operation)
                found.setdefault(operation["tags"][0], []).append(shown)
        descriptions = {tag["name"]: tag.get("description", "") for tag in self._document.get("tags", ())}
        return [Group(name, descriptions.get(name, ""), tuple(each)) for name, each in found.items() if each]

    def error(self) -> Answer:
        """Return the form of all errors."""
        reference = {"$ref": "#/components/schemas/Error"}
        example = {
            "message": "The request is not valid: role: ...",
            "requestId": _EXAMPLE_ID,
            "statusCode": 400,
            "fieldErrors": [{"code": "invalid", "field": "role", "message": "..."}],
        }
        return Answer("4xx", "", ("application/json",), tuple(self._rows(reference)), _pretty(example))

    def _operation(
        self, path: str, method: str, shared: list[dict[str, Any]], operation: Mapping[str, Any]
    ) -> Operation:
        parameters = [self._parameter(each) for each in (*shared, *operation.get("parameters", ()))]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = content.get("schema", {})
        body_example = _pretty(self._example(schema)) if schema else ""
        return Operation(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            permission=operation.get("x-permission", ""),
            parameters=tuple(parameters),
            body=tuple(self._rows(schema)),
            body_example=body_example,
            answers=tuple(self._answer(status, answer) for status, answer in operation["responses"].items()),
            command=self._command(path, method, self._example(schema) if schema else None),
        )

    def _parameter(self, parameter: Mapping[str, Any]) -> Row:
        required = bool(parameter.get("required"))
        kind = self._type(parameter["schema"])
        return Row(parameter["name"], kind, required, parameter.get("description", ""), parameter["in"])

    def _answer(self, status: str, answer: Mapping[str, Any]) -> Answer:
        content = answer.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if int(status) >= 400 or not schema:  # noqa: PLR2004 - HTTP statuses
            return Answer(status, answer["description"], tuple(content), (), "")
        rows = tuple(self._rows(schema))
        return Answer(status, answer["description"], tuple(content), rows, _pretty(self._example(schema)))

    def _command(self, path: str, method: str, body: Any) -> str:
        lines = [f"curl -H 'Authorization: Bearer {{token}}' {self.server}{path}"]
        if method != "get":
            lines[0] = lines[0].replace("curl ", f"curl -X {method.upper()} ", 1)
        if body is not None:
            text = orjson.dumps(body).decode().replace("'", "'\\''")
            lines += ["  -H 'Content-Type: application/json'", f"  -d '{text}'"]
        return " \\\n".join(lines)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        for key in ("anyOf", "oneOf", "allOf"):
            parts = [part for part in schema.get(key, ()) if part.get("type") != "null"]
            if parts:
                return self._resolved(parts[0])
        return schema

    def _rows(self, schema: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Row]:
        schema = self._resolved(schema)
        required = set(schema.get("required", ()))
        for name, field in schema.get("properties", {}).items():
            found = self._resolved(field)
            description = field.get("description") or ("" if found is field else found.get("description", ""))
            yield Row(f"{prefix}{name}", self._type(field), name in required, description)
            inner = found.get("items", found)
            if depth < _DEPTH and self._resolved(inner).get("properties"):
                mark = "[]." if "items" in found else "."
                yield from self._rows(inner, f"{prefix}{name}{mark}", depth + 1)

    def _type(self, schema: Mapping[str, Any]) -> str:
        found = self._resolved(schema)
        types = found.get("type", "any")
        names = [types] if isinstance(types, str) else list(types)
        shown = " or ".join(names)
        if "items" in found:
            shown = f"array of {self._type(found['items'])}"
        if "format" in found:
            shown += f" ({found['format']})"
        if "enum" in found:
            shown += ": " + ", ".join(str(value) for value in found["enum"] if value is not None)
        limits = [
            f"{word} {found[key]}"
            for key, word in (("minimum", "from"), ("maximum", "to"), ("minLength", "from"), ("maxLength", "to"))
            if key in found
        ]
        bounds = [" ".join(limits)] if limits else []
        if "default" in found and found["default"] not in (None, []):
            bounds.append(f"default {found['default']}")
        return "; ".join([shown, *bounds])

    def _example(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
        found = self._resolved(schema)
        if found.get("examples"):
            return found["examples"][0]
        if found.get("enum"):
            return _BY_NAME[name] if _BY_NAME.get(name) in found["enum"] else found["enum"][0]
        if found.get("properties"):
            if depth >= _DEPTH:
                return {}
            return {key: self._example(field, key, depth + 1) for key, field in found["properties"].items()}
        if "items" in found:
            return [self._example(found["items"], name.removesuffix("s"), depth + 1)] if depth < _DEPTH else []
        if isinstance(found.get("additionalProperties"), dict):
            return {"name": self._example(found["additionalProperties"], "", depth + 1)} if depth < _DEPTH else {}
        return _example_value(found, name)


def _example_value(schema: Mapping[str, Any], name: str) -> Any:
    types = schema.get("type", "string")
    kind = types if isinstance(types, str) else types[0]
    if kind != "string":
        return schema.get("default") if schema.get("default") is not None else schema.get("minimum", _BY_TYPE[kind])
    if schema.get("format") == "date-time":
        return _EXAMPLE_MOMENT
    if name == "id" or name.endswith("Id"):
        return _EXAMPLE_ID
    return _BY_NAME.get(name, schema.get("default") or _BY_TYPE["string"])


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()

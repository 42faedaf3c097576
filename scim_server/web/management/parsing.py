"""Read and check what a management request brings: bounded JSON and known fields, each error with its field's name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from flask import Request, request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from scim_server.protocol.errors import PayloadTooLarge, UnsupportedMediaType
from scim_server.protocol.json_body import read_object
from scim_server.protocol.limits import MAX_BODY_BYTES
from scim_server.web.management.errors import FieldError, InvalidFields


class Parser(FlaskParser):
    """webargs' parser with this server's JSON reader and errors; unknown fields are refused wherever they stand."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - the attribute is webargs'
        "json": RAISE,
        "query": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the JSON object of the body; no body is an empty one."""
        return read_body(req)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return the query; a parameter of one value may not stand twice (FL18)."""
        single = {field.data_key or name for name, field in schema.fields.items() if not field.metadata.get("many")}
        doubled = [name for name in req.args if name in single and len(req.args.getlist(name)) > 1]
        if doubled:
            raise InvalidFields(FieldError("duplicate", name, "stands twice; send it once.") for name in doubled)
        unfit = [name for name, value in req.args.items(multi=True) if "\0" in value or "\0" in name]
        if unfit:
            # PostgreSQL holds no such text and would not even compare with it.
            raise InvalidFields(FieldError("invalid", name, "holds the character U+0000.") for name in unfit)
        return MultiDictProxy(req.args, schema)

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Raise InvalidFields with all that is wrong."""
        raise InvalidFields(field_errors(error)) from None


def read_body(req: Request | None = None) -> dict[str, Any]:
    """Return the JSON object of a management request; raises UnsupportedMediaType, PayloadTooLarge, InvalidSyntax."""
    req = req or request
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
    if (req.content_length or 0) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    req.max_content_length = MAX_BODY_BYTES + 1
    data = req.get_data(cache=True)
    if not data:
        return {}
    charset = req.mimetype_params.get("charset", "").strip('"').lower()
    if not req.is_json or charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType("Send 'Content-Type: application/json' in UTF-8.")
    return read_object(data, max_bytes=MAX_BODY_BYTES)


def field_errors(error: ValidationError) -> Iterator[FieldError]:
    """Yield the errors of marshmallow and webargs with the path of their field, such as `workspaceRoles.0.role`."""
    # webargs puts the location before all fields; the client knows which of them it sent.
    messages: Any = error.messages
    for part in messages.values() if isinstance(messages, dict) else ():
        yield from _flat(part, ())


def _flat(messages: Any, path: tuple[str, ...]) -> Iterable[FieldError]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _flat(value, path if key == "_schema" else (*path, str(key)))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        if isinstance(message, dict):
            yield from _flat(message, path)
        else:
            yield FieldError(_code(str(message)), ".".join(path), str(message))


def _code(message: str) -> str:
    if message.startswith("Missing data"):
        return "required"
    return "unknown" if message.startswith("Unknown field") else "invalid"


PARSER = Parser()

"""The audit log: pages of events with filters, and the export of a period."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Flask, Response, current_app, request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from scim_server.audit import export, listing
from scim_server.audit.listing import EventRecord, Filter
from scim_server.directory.cursors import CursorSeal
from scim_server.directory.ordering import Position
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.paging import DEFAULT_LIMIT, MAX_LIMIT
from scim_server.web.management.routing import organization_blueprint

audit = organization_blueprint("Audit", "Who did what to whom, when and from where.")

PERMISSION = "organization.auditLogs.get"
_MAX_WORD = 200
# Moments that a request may name.
_EPOCH, _NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_Lines = Callable[[str, Iterable[list[EventRecord]]], Iterator[bytes]]
# By `format`: what writes the lines, the media type, and the end of the file's name.
FORMATS: dict[str, tuple[_Lines, str, str]] = {
    "ndjson.gz": (lambda *given: export.compressed(export.ndjson(*given)), "application/octet-stream", "ndjson.gz"),
    "ndjson": (export.ndjson, "application/x-ndjson", "ndjson"),
    "csv": (export.csv_lines, "text/csv", "csv"),
}
_FILES = {kind: {"schema": {"type": "string", "format": "binary"}} for _, kind, _ in FORMATS.values()}
_ACCEPTED = {media_type: name for name, (_, media_type, _) in FORMATS.items()}


class PeriodEnd(fields.Field[datetime]):
    """A moment in RFC 3339, or a day: its beginning, or with `last` its end."""

    def __init__(self, *, last: bool = False, **arguments: Any) -> None:
        kind = {"type": "string", "format": "date-time", "examples": ["2026-01-31", "2026-01-31T12:00:00Z"]}
        super().__init__(metadata={"description": "A moment in RFC 3339, or a day in UTC.", **kind}, **arguments)
        self._last = last

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        text = str(value)
        try:
            day = date.fromisoformat(text) if len(text) == len("2026-01-31") else None
            found = datetime.combine(day, time(), UTC) if day else datetime.fromisoformat(text)
            if day and self._last:
                found += timedelta(days=1)
            # Without a zone it is UTC.
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            found = _NEVER
        if not _EPOCH <= found < _NEVER:
            raise ValidationError("Give a moment such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31.")
        return found


def _word(description: str) -> fields.String:
    return fields.String(validate=validate.Length(1, _MAX_WORD), metadata={"description": description})


class EventsQuerySchema(Schema):
    """Which events are listed."""

    action = _word("The beginning of the action, such as `owner:user:`.")
    actorId = _word("Who acted.")  # noqa: N815 - the names on the wire
    targetId = _word("What was acted upon.")  # noqa: N815
    targetType = _word("Its kind, such as `User`.")  # noqa: N815
    since = PeriodEnd(data_key="from")
    until = PeriodEnd(data_key="to", last=True)
    search = _word("Any part of action, actor's name, target's id, or what was changed; letters of either case.")
    limit = fields.Integer(strict=False, load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = fields.String(metadata={"description": "`nextCursor` of the page before; send all else unchanged."})

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_: Any) -> None:
        refuse_reversed(data.get("since"), data.get("until"), "to")


class ActorSchema(Schema):
    """Who acted: a User, a token (SERVICEKEY), the operator of the server, or the server itself."""

    id = fields.String(required=True, allow_none=True)
    type = fields.String(required=True, validate=validate.OneOf(["USER", "SERVICEKEY", "OPERATOR", "SYSTEM"]))
    name = fields.String(required=True, allow_none=True, metadata={"description": "The name at that time."})


class TargetSchema(Schema):
    """What was acted upon."""

    id = fields.String(required=True, allow_none=True)
    type = fields.String(required=True, allow_none=True)
    name = fields.String(
        required=True, allow_none=True, metadata={"description": "Today's name, null where it has none or is gone."}
    )


class ChangeSchema(Schema):
    """A field before and after: any JSON, null where there was nothing."""

    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class AuditEventSchema(Schema):
    """An audit event. What is changed and begins with # is the server's own and no SCIM attribute."""

    id = fields.String(required=True)
    timestamp = fields.String(required=True)
    action = fields.String(required=True, metadata={"examples": ["scim:user:created"]})
    actor = fields.Nested(ActorSchema, required=True)
    target = fields.Nested(TargetSchema, required=True)
    changes = fields.Dict(keys=fields.String(), values=fields.Nested(ChangeSchema), required=True)
    sourceIp = fields.String(required=True, allow_none=True)  # noqa: N815
    userAgent = fields.String(required=True, allow_none=True)  # noqa: N815
    requestId = fields.String(required=True, allow_none=True)  # noqa: N815
    position = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Its place in the chain, null until it has one."}
    )


class AuditEventsSchema(Schema):
    """A page of audit events, the newest first."""

    auditEvents = fields.List(fields.Nested(AuditEventSchema), required=True)  # noqa: N815
    limit = fields.Integer(required=True)
    nextCursor = fields.String(  # noqa: N815
        required=True, allow_none=True, metadata={"description": "The way to older events, null where there are none."}
    )


class ExportQuerySchema(Schema):
    """Which events are exported, and how."""

    startDate = PeriodEnd()  # noqa: N815
    endDate = PeriodEnd(last=True)  # noqa: N815
    format = fields.String(
        validate=validate.OneOf(list(FORMATS)),
        metadata={"description": "Without it the Accept header decides, and without that it is ndjson.gz."},
    )

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_: Any) -> None:
        refuse_reversed(data.get("startDate"), data.get("endDate"), "endDate")


def refuse_reversed(start: datetime | None, end: datetime | None, name: str) -> None:
    """Raise ValidationError for a period that ends before it begins."""
    if start is not None and end is not None and end <= start:
        raise ValidationError("The period ends before it begins.", name)


@audit.endpoint("/audit-events", "GET", permission=PERMISSION)
@audit.reads(EventsQuerySchema, "query")
@audit.answers(200, AuditEventsSchema)
def list_audit_events(query: dict[str, Any]) -> dict[str, Any]:
    """List audit events, the newest first."""
    asked = Filter(
        action=query.get("action"),
        actor_id=query.get("actorId"),
        target_id=query.get("targetId"),
        target_type=query.get("targetType"),
        since=query.get("since"),
        until=query.get("until"),
        search=query.get("search"),
    )
    organization_id, limit = current_requester().organization_id, query["limit"]
    seal: CursorSeal = current_app.extensions["scim_cursors"]
    fingerprint = f"audit:{hashlib.sha256(repr((organization_id, asked)).encode()).hexdigest()}"
    cursor = query.get("cursor")
    before = seal.open(fingerprint, 0, cursor).id if cursor is not None else None
    # One more than asked for tells whether there are older ones.
    found = listing.list_events(organization_id, asked, limit + 1, before)
    following = seal.seal(fingerprint, 0, Position(None, found[limit - 1].id)) if len(found) > limit else None
    return {"auditEvents": [_shown(event) for event in found[:limit]], "limit": limit, "nextCursor": following}


@audit.endpoint("/audit-logs", "GET", permission=PERMISSION)
@audit.reads(ExportQuerySchema, "query")
@audit.documented(responses={"200": {"description": "The events, as a file.", "content": _FILES}})
def export_audit_logs(query: dict[str, Any]) -> Response:
    """Export the audit events of a period, the oldest first, as compressed NDJSON, NDJSON or CSV."""
    accepted = request.accept_mimetypes.best_match(list(_ACCEPTED), default="application/octet-stream")
    file_format = query.get("format") or _ACCEPTED[accepted or "application/octet-stream"]
    asked = Filter(since=query.get("startDate"), until=query.get("endDate"))
    return exported(current_requester().organization_id, asked, file_format)


def exported(organization_id: str, asked: Filter, file_format: str) -> Response:
    """Return the events that match, the oldest first, as a file of one of `FORMATS`."""
    lines, media_type, suffix = FORMATS[file_format]
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's name for it
    batches = _in_application(app, listing.export_events(organization_id, asked))
    response = Response(lines(organization_id, batches), mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="audit-log-{datetime.now(UTC):%Y%m%d}.{suffix}"'
    return response


def _in_application(app: Flask, batches: Iterator[list[EventRecord]]) -> Iterator[list[EventRecord]]:
    """Read each batch inside the application: the server asks for it after the request's context has ended."""
    while True:
        with app.app_context():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _shown(event: EventRecord) -> dict[str, Any]:
    return {
        "id": event.id,
        "timestamp": event.occurred_at,
        "action": event.action,
        "actor": {"id": event.actor_id, "type": export.subject_type(event), "name": event.actor_name},
        "target": {"id": event.target_id, "type": event.target_type, "name": event.target_name},
        "changes": {name: _change(value) for name, value in event.changed().items()},
        "sourceIp": event.ip_address,
        "userAgent": event.user_agent,
        "requestId": event.request_id,
        "position": event.position,
    }


def _change(value: Any) -> dict[str, Any]:
    before, after = value if isinstance(value, list) and len(value) == 2 else (None, value)  # noqa: PLR2004 - a pair
    return {"before": before, "after": after}

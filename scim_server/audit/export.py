"""Audit events as lines: NDJSON in the form of astro.md §10, and CSV that no spreadsheet runs."""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from scim_server.audit.listing import EventRecord

# What a spreadsheet takes for the beginning of a formula (security WB07).
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_SUBJECTS = {"user": "USER", "token": "SERVICEKEY"}
COLUMNS = (
    "timestamp",
    "action",
    "subjectId",
    "subjectType",
    "subjectName",
    "targetId",
    "targetType",
    "targetName",
    "changes",
    "sourceIp",
    "userAgent",
    "requestId",
    "organizationId",
    "id",
    "position",
    "chain",
)
# Deflate in the gzip format.
_GZIP = zlib.MAX_WBITS | 16


def subject_type(event: EventRecord) -> str:
    """Return the kind of whoever acted: USER, SERVICEKEY (a token), OPERATOR or SYSTEM."""
    return _SUBJECTS.get(event.actor_type, event.actor_type.upper())


def ndjson(organization_id: str, batches: Iterable[list[EventRecord]]) -> Iterator[bytes]:
    """Yield a line of JSON for each event."""
    for batch in batches:
        lines = (orjson.dumps(_line(organization_id, event), option=orjson.OPT_APPEND_NEWLINE) for event in batch)
        yield b"".join(lines)


def csv_lines(organization_id: str, batches: Iterable[list[EventRecord]]) -> Iterator[bytes]:
    """Yield a heading and a line of CSV (RFC 4180) for each event; a cell that could be a formula begins with '."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for batch in batches:
        for event in batch:
            line = {**_line(organization_id, event), "changes": event.changes}
            writer.writerow([_cell(line[name]) for name in COLUMNS])
        yield _taken(text)
    # The heading alone, where there was no event.
    yield _taken(text)


def compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks as one gzip file; one that ends early is seen to be broken."""
    compressor = zlib.compressobj(wbits=_GZIP)
    for chunk in chunks:
        yield compressor.compress(chunk) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()


def _line(organization_id: str, event: EventRecord) -> dict[str, Any]:
    return {
        "subjectId": event.actor_id,
        "subjectType": subject_type(event),
        "subjectName": event.actor_name,
        "organizationId": organization_id,
        "timestamp": event.occurred_at,
        "sourceIp": event.ip_address,
        "userAgent": event.user_agent,
        "requestId": event.request_id,
        "id": event.id,
        "action": event.action,
        "targetId": event.target_id,
        "targetType": event.target_type,
        "targetName": event.target_name,
        "changes": event.changed(),
        "position": event.position,
        "chain": event.chain,
    }


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULAS) else value


def _taken(text: io.StringIO) -> bytes:
    value = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return value

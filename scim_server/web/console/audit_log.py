"""Audit log: who did what to whom, with what was there before and after; exported, checked, and kept so long."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request
from flask_babel import gettext as _

from scim_server.audit.listing import EventRecord, Filter, find_event, list_events
from scim_server.audit.retention import MAX_DAYS, retention_days, set_retention
from scim_server.audit.verification import count_events, verify
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.users.listing import UserFilters, list_users
from scim_server.web.console.asking import ask
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.titles import TARGETS
from scim_server.web.console.visit import requester
from scim_server.web.management.audit import FORMATS, PERMISSION, exported

RETAIN = "organization.update"
EVENTS = 50
# Beyond, checking takes longer than a page may; the command does it.
MAX_CHECKED = 100_000
# What the address may hold; `person` is a part of a name or an address, `actorId` and `targetId` come by links.
_WORDS = ("action", "actor", "actorId", "targetType", "targetId", "person", "search")
_MAX_WORD = 200
# People whom a part of a name may mean.
_MAX_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """A changed field, with its value before and after as text; None where there was nothing."""

    name: str
    before: str | None
    after: str | None


@console.screen("/audit-log", permission=PERMISSION)
def audit_log() -> Response:
    """List the events, the newest first."""
    words = {name: request.args.get(name, "").strip()[:_MAX_WORD] for name in (*_WORDS, "from", "to")}
    try:
        asked = _filter(words)
    except ScimError as error:
        return show_again("console/audit_log.html", error, **_listed(words, None))
    return show("console/audit_log.html", **_listed(words, asked))


@console.screen("/audit-log/export", permission=PERMISSION)
def export_audit_log() -> Response:
    """Give a period of it as a file."""
    file_format = request.args.get("format", "ndjson")
    asked = Filter(since=_day(request.args.get("from", ""), "from"), until=_day(request.args.get("to", ""), "to"))
    return exported(requester().organization_id, asked, file_format if file_format in FORMATS else "ndjson")


@console.screen("/audit-log/check", permission=PERMISSION)
def check_audit_log() -> Response:
    """Prove that it is whole, or name what is not."""
    organization_id = requester().organization_id
    count = count_events(organization_id)
    found = verify(organization_id) if count <= MAX_CHECKED else None
    return show("console/audit_check.html", found=found, count=count)


@console.screen("/audit-log/retention", permission=RETAIN)
def ask_for_retention() -> Response:
    """Ask how long events are kept."""
    days = retention_days(requester().organization_id)
    return show("console/retention.html", days="" if days is None else str(days), most=MAX_DAYS)


@console.screen("/audit-log/retention", "POST", permission=RETAIN)
def change_retention() -> Response:
    """Keep them so long; fewer days than now are asked about first."""
    asks, typed = requester(), request.form.get("days", "").strip()
    try:
        if typed and not (typed.isdecimal() and typed.isascii() and 1 <= int(typed) <= MAX_DAYS):
            raise InvalidValue(_("Write 1 to %(most)d days, or nothing.", most=MAX_DAYS), field="days")
        days, before = int(typed) if typed else None, retention_days(asks.organization_id)
        if days is not None and (before is None or days < before) and not request.form.get("sure"):
            return _shorter(days)
        set_retention(asks.organization_id, asks.origin, days)
    except ScimError as error:
        return show_again("console/retention.html", error, days=typed, most=MAX_DAYS)
    tell(_("Audit events are kept for ever.") if days is None else _("Audit events are kept %(days)d days.", days=days))
    return go("audit_log")


@console.screen("/audit-log/<event_id>", permission=PERMISSION)
def audit_event(event_id: str) -> Response:
    """Show an event with all that is known of it."""
    found = find_event(requester().organization_id, event_id)
    return show("console/audit_event.html", event=found, differences=differences(found))


def differences(event: EventRecord) -> list[Difference]:
    """Return what was changed, by name."""
    found = []
    for name, value in sorted(event.changed().items()):
        is_pair = isinstance(value, list) and len(value) == 2  # noqa: PLR2004 - before and after
        before, after = value if is_pair else (None, value)
        found.append(Difference(name.removeprefix("#"), _said(before), _said(after)))
    return found


def _said(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()


def _listed(words: dict[str, str], asked: Filter | None) -> dict[str, Any]:
    organization_id = requester().organization_id
    before = request.args.get("before") or None
    found = [] if asked is None else list_events(organization_id, asked, EVENTS + 1, before)
    kept = {name: value for name, value in words.items() if value}
    older = f"{to('audit_log')}?{urlencode({**kept, 'before': found[EVENTS - 1].id})}" if len(found) > EVENTS else None
    return {
        "events": found[:EVENTS],
        "words": words,
        "is_filtered": bool(kept),
        "targets": [("", _("Anything")), *((name, str(title)) for name, title in TARGETS.items())],
        "older": older,
        "newest": f"{to('audit_log')}?{urlencode(kept)}" if before else None,
        "days": retention_days(organization_id),
    }


def _filter(words: dict[str, str]) -> Filter:
    values = {name: value or None for name, value in words.items()}
    since, until = _day(words["from"], "from"), _day(words["to"], "to")
    if since is not None and until is not None and until <= since:
        raise InvalidValue(_("The last day is before the first one."), field="to")
    return Filter(
        action=values["action"],
        actor_id=values["actorId"],
        actor=values["actor"],
        target_id=values["targetId"],
        target_type=values["targetType"],
        since=since,
        until=until,
        search=values["search"],
        person=_person(words["person"]),
    )


def _day(text: str, name: str) -> datetime | None:
    """Return the beginning of a day in UTC, of `to` its end; None for an empty field."""
    if not text:
        return None
    try:
        found = datetime.combine(date.fromisoformat(text), time(), UTC)
        return found + timedelta(days=1) if name == "to" else found
    except (ValueError, OverflowError):
        raise InvalidValue(_("Give a day such as 2026-01-31."), field=name) from None


def _person(text: str) -> str | None:
    """Return the id of the one User whom a part of a name or address means; raises InvalidValue for none or several."""
    if not text:
        return None
    found, total = list_users(requester(), UserFilters(search=text), limit=_MAX_PEOPLE)
    same = [each for each in found if text.casefold() in {each.user_name.casefold(), each.full_name.casefold()}]
    if total == 1 or len(same) == 1:
        return (same or found)[0].id
    if not total:
        raise InvalidValue(_("Nobody here has this name or address."), field="person")
    raise InvalidValue(_("%(total)d people have this in their name; write more of it.", total=total), field="person")


def _shorter(days: int) -> Response:
    facts = [
        _("Events older than %(days)d days are deleted for good, within a day from now.", days=days),
        _("Export what you have to keep first."),
    ]
    fields = (("days", str(days)), ("sure", "yes"))
    title = _("Keep audit events only %(days)d days?", days=days)
    return ask(title, facts, _("Delete older events"), section="audit_log", back=to("ask_for_retention"), fields=fields)

"""How provisioning goes: the health of a Connection, its request journal, and the numbers of the Organization."""

import hashlib
from dataclasses import asdict
from typing import Any

from flask import current_app
from marshmallow import Schema, fields, validate, validates_schema

from scim_server.connections import health, journal, journal_listing
from scim_server.connections.curl import curl
from scim_server.connections.health import Health, State
from scim_server.connections.journal import MAX_DAYS, Keeps, Retention
from scim_server.connections.journal_listing import JournalFilter, JournalRecord, Order, Place
from scim_server.directory.cursors import CursorSeal
from scim_server.directory.ordering import Position
from scim_server.statistics import dashboard
from scim_server.web.management.audit import PeriodEnd, refuse_reversed
from scim_server.web.management.authentication import current_requester
from scim_server.web.management.connections import ObservationSchema
from scim_server.web.management.paging import DEFAULT_LIMIT, MAX_LIMIT
from scim_server.web.management.routing import organization_blueprint
from scim_server.web.management.schemas import SearchField

provisioning = organization_blueprint(
    "Provisioning", "How provisioning goes: the health of Connections, their request journal, and numbers by day."
)
_GET, _UPDATE = "organization.connections.get", "organization.connections.update"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class FirstStepsSchema(Schema):
    """When the first requests of each kind succeeded, null for what has not come yet."""

    connectedAt = fields.String(attribute="connected_at", required=True, allow_none=True)  # noqa: N815
    userAt = fields.String(attribute="user_at", required=True, allow_none=True)  # noqa: N815
    teamAt = fields.String(attribute="team_at", required=True, allow_none=True)  # noqa: N815


class ActivitySchema(Schema):
    """One kind of request of the last four weeks."""

    operation = fields.String(required=True, metadata={"examples": ["create"]})
    resource = fields.String(required=True, metadata={"examples": ["Users"]})
    lastSuccessAt = fields.String(attribute="last_success_at", required=True, allow_none=True)  # noqa: N815
    lastFailureAt = fields.String(attribute="last_failure_at", required=True, allow_none=True)  # noqa: N815
    requests = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class ProblemSchema(Schema):
    """One kind of refusal of the last week, and the way out."""

    kind = fields.String(required=True, metadata={"examples": ["Uniqueness"]})
    status = fields.Integer(required=True)
    requests = fields.Integer(required=True)
    lastAt = fields.String(attribute="last_at", required=True)  # noqa: N815
    sample = fields.String(required=True, metadata={"description": "What the last of them was told."})
    words = fields.String(attribute="remedy.words", required=True)
    remedy = fields.String(attribute="remedy.remedy", required=True)
    isEveryday = fields.Boolean(attribute="is_everyday", required=True)  # noqa: N815


class ExpiringTokenSchema(Schema):
    """A token of the Connection that has expired, or will within a month."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    expiresAt = fields.String(attribute="expires_at", required=True)  # noqa: N815
    lastUsedAt = fields.String(attribute="last_used_at", required=True, allow_none=True)  # noqa: N815
    hasExpired = fields.Boolean(attribute="has_expired", required=True)  # noqa: N815


class AlertSchema(Schema):
    """What the Owners were told of and is not over."""

    kind = fields.String(required=True, validate=validate.OneOf(["SILENT", "MASS_REMOVAL", "TEAM_EMPTIED"]))
    raisedAt = fields.String(attribute="raised_at", required=True)  # noqa: N815
    facts = fields.Dict(required=True)


class HealthSchema(Schema):
    """How a Connection is. The usual pause is null while too little is known of its rhythm."""

    state = fields.String(required=True, validate=validate.OneOf([state.value for state in State]))
    lastRequestAt = fields.String(attribute="last_at", required=True, allow_none=True)  # noqa: N815
    usualPauseHours = fields.Integer(attribute="pause", required=True, allow_none=True)  # noqa: N815
    expectedBy = fields.String(attribute="expected_by", required=True, allow_none=True)  # noqa: N815
    firstSteps = fields.Nested(FirstStepsSchema, attribute="first_steps", required=True)  # noqa: N815
    activities = fields.List(fields.Nested(ActivitySchema), required=True)
    problems = fields.List(fields.Nested(ProblemSchema), required=True)
    tokens = fields.List(fields.Nested(ExpiringTokenSchema), required=True)
    repairs = fields.List(fields.Nested(ObservationSchema), required=True)
    skippedMembers = fields.Integer(attribute="skipped_members", required=True)  # noqa: N815
    lastOwnerRefusals = fields.Integer(attribute="last_owner_refusals", required=True)  # noqa: N815
    alerts = fields.List(fields.Nested(AlertSchema), required=True)
    unrecorded = fields.Integer(
        required=True, metadata={"description": "Requests that came faster than they could be written."}
    )


class RequestsQuerySchema(Schema):
    """Which requests are listed."""

    search = SearchField("path, query, a person's or Team's name, what was told, or the request id")
    method = fields.String(validate=validate.OneOf(_METHODS))
    status = fields.Integer(strict=False, validate=validate.Range(100, 599))
    failed = fields.Boolean(metadata={"description": "Only those that failed, or only the others."})
    since = PeriodEnd(data_key="from")
    until = PeriodEnd(data_key="to", last=True)
    order = fields.String(
        validate=validate.OneOf([order.value for order in Order]), load_default=Order.FAILED_FIRST.value
    )
    limit = fields.Integer(strict=False, load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = fields.String(metadata={"description": "`nextCursor` of the page before; send all else unchanged."})

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_: Any) -> None:
        refuse_reversed(data.get("since"), data.get("until"), "to")


class RepairSchema(Schema):
    """What was repaired or ignored of one request."""

    quirk = fields.String(required=True)
    sample = fields.String(required=True)
    occurrences = fields.Integer(required=True)


class RequestSchema(Schema):
    """A SCIM request and how it was answered. Secrets are removed."""

    id = fields.String(required=True)
    timestamp = fields.String(attribute="occurred_at", required=True)
    method = fields.String(required=True)
    path = fields.String(required=True)
    query = fields.String(required=True)
    statusCode = fields.Integer(attribute="status", required=True)  # noqa: N815
    kind = fields.String(required=True, metadata={"description": "The kind of refusal, empty for none."})
    detail = fields.String(required=True, metadata={"description": "What the client was told."})
    milliseconds = fields.Float(required=True)
    tokenId = fields.String(attribute="token_id", required=True)  # noqa: N815
    tokenName = fields.String(attribute="token_name", required=True)  # noqa: N815
    userAgent = fields.String(attribute="user_agent", required=True)  # noqa: N815
    requestId = fields.String(attribute="request_id", required=True)  # noqa: N815
    repairs = fields.List(fields.Nested(RepairSchema), required=True)


class WholeRequestSchema(RequestSchema):
    """A request with its bodies, as far as they were kept, and as a command."""

    requestBody = fields.String(attribute="request_body", required=True, allow_none=True)  # noqa: N815
    answerBody = fields.String(attribute="answer_body", required=True, allow_none=True)  # noqa: N815
    curl = fields.String(required=True, metadata={"description": "The request as a command, without its token."})


class RequestsSchema(Schema):
    """A page of requests."""

    requests = fields.List(fields.Nested(RequestSchema), required=True)
    limit = fields.Integer(required=True)
    nextCursor = fields.String(required=True, allow_none=True)  # noqa: N815


class RetentionSchema(Schema):
    """What the journal of a Connection keeps, and for how many days."""

    keeps = fields.String(
        validate=validate.OneOf([each.value for each in Keeps]),
        metadata={"description": "CHANGES leaves out reads that succeeded; FAILED keeps what was refused."},
    )
    bodies = fields.Boolean(attribute="keeps_bodies", truthy={True}, falsy={False})
    days = fields.Integer(strict=True, validate=validate.Range(1, MAX_DAYS))
    daysFailed = fields.Integer(attribute="days_failed", strict=True, validate=validate.Range(1, MAX_DAYS))  # noqa: N815


class StatisticsQuerySchema(Schema):
    """How far back."""

    days = fields.Integer(strict=False, load_default=30, validate=validate.Range(1, dashboard.MAX_DAYS))


class NumberSchema(Schema):
    """A number of Users of one status and source."""

    status = fields.String(required=True)
    source = fields.String(required=True)
    users = fields.Integer(required=True)


class DayOfStatisticsSchema(Schema):
    """One day, in UTC. Joins and leaves are by what moved people: `scim`, `jit`, `user`, `owner`, ..."""

    day = fields.String(required=True)
    members = fields.List(fields.Nested(NumberSchema), required=True)
    joined = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    left = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    requests = fields.Integer(required=True)
    failedRequests = fields.Integer(attribute="failed", required=True)  # noqa: N815


class StatisticsSchema(Schema):
    """Each day of the period, today last; days from before the server counted hold no members."""

    days = fields.List(fields.Nested(DayOfStatisticsSchema), required=True)


@provisioning.endpoint("/connections/<connection_id>/health", "GET", permission=_GET)
@provisioning.answers(200, HealthSchema)
def read_health(connection_id: str) -> dict[str, Any]:
    """Tell how a Connection is: what last worked, what was refused within a week, and what to do about it."""
    return _health(health.health_of(current_requester(), connection_id))


@provisioning.endpoint("/connections/<connection_id>/requests", "GET", permission=_GET)
@provisioning.reads(RequestsQuerySchema, "query")
@provisioning.answers(200, RequestsSchema)
def list_requests(query: dict[str, Any], connection_id: str) -> dict[str, Any]:
    """List the SCIM requests of a Connection from its journal, failed ones first unless asked otherwise."""
    requester, limit, order = current_requester(), query["limit"], Order(query["order"])
    names = ("search", "method", "status", "failed", "since", "until")
    asked = JournalFilter(**{name: query.get(name) for name in names})
    seal: CursorSeal = current_app.extensions["scim_cursors"]
    told = repr((requester.organization_id, connection_id, order, asked))
    fingerprint = f"journal:{hashlib.sha256(told.encode()).hexdigest()}"
    after = None
    if query.get("cursor") is not None:
        position = seal.open(fingerprint, 0, query["cursor"])
        after = Place(position.key, position.id)
    # One more than asked for tells whether there are others.
    found = journal_listing.list_requests(requester, connection_id, asked, limit + 1, order=order, after=after)
    following = None
    if len(found) > limit:
        following = seal.seal(fingerprint, 0, Position(*found[limit - 1].place))
    return {"requests": [_shown(each) for each in found[:limit]], "limit": limit, "nextCursor": following}


@provisioning.endpoint("/connections/<connection_id>/requests/<entry_id>", "GET", permission=_GET)
@provisioning.answers(200, WholeRequestSchema)
def read_request(connection_id: str, entry_id: str) -> dict[str, Any]:
    """Read a request of the journal with its bodies, and as a command for a terminal."""
    found = journal_listing.find_request(current_requester(), connection_id, entry_id)
    address = f"{current_app.config['PUBLIC_URL']}{found.path}" + (f"?{found.query}" if found.query else "")
    bodies = {"request_body": found.request_body, "answer_body": found.answer_body}
    return {**_shown(found), **bodies, "curl": curl(found.method, address, found.request_body)}


@provisioning.endpoint("/connections/<connection_id>/journal", "GET", permission=_GET)
@provisioning.answers(200, RetentionSchema)
def read_journal_settings(connection_id: str) -> Retention:
    """Read what the journal of a Connection keeps."""
    return journal.retention_of(current_requester(), connection_id)


@provisioning.endpoint("/connections/<connection_id>/journal", "PATCH", permission=_UPDATE)
@provisioning.reads(RetentionSchema)
@provisioning.answers(200, RetentionSchema)
def change_journal_settings(body: dict[str, Any], connection_id: str) -> Retention:
    """Change what the journal of a Connection keeps; what is not named stays."""
    return journal.set_retention(current_requester(), connection_id, body)


@provisioning.endpoint("/statistics", "GET", permission=_GET)
@provisioning.reads(StatisticsQuerySchema, "query")
@provisioning.answers(200, StatisticsSchema)
def read_statistics(query: dict[str, Any]) -> dict[str, Any]:
    """Read who is a member, who joined and left, and how many SCIM requests came, by day."""
    shown = []
    for day in dashboard.days_of(current_requester(), query["days"]):
        members = [{"status": status, "source": source, "users": n} for (status, source), n in day.members.items()]
        shown.append({**asdict(day), "members": members})
    return {"days": shown}


def _health(found: Health) -> dict[str, Any]:
    rhythm, names = found.rhythm, [name for name in Health.__slots__ if name not in {"connection", "rhythm"}]
    return {
        **{name: getattr(found, name) for name in names},
        "skipped_members": found.skipped_members,
        "last_owner_refusals": found.last_owner_refusals,
        "last_at": None if rhythm.last_at is None else rhythm.last_at.isoformat(),
        "pause": None if rhythm.longest_pause is None else round(rhythm.longest_pause.total_seconds() / 3600),
        "expected_by": None if rhythm.expected_by is None else rhythm.expected_by.isoformat(),
    }


def _shown(found: JournalRecord) -> dict[str, Any]:
    repairs = [{"quirk": quirk, "sample": sample, "occurrences": number} for quirk, sample, number in found.repairs]
    return {**found._asdict(), "milliseconds": found.microseconds / 1000, "repairs": repairs}

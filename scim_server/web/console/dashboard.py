"""Dashboard: who is a member, who joined and left, and how provisioning went, by day."""

from collections.abc import Callable, Iterable

from flask import Response, request
from flask_babel import LazyString, lazy_gettext

from scim_server.connections import administration
from scim_server.connections.traffic import first_steps
from scim_server.statistics.dashboard import Day, days_of
from scim_server.statistics.service import ACTIVE, OTHERS, PERMISSION
from scim_server.web.console import titles
from scim_server.web.console.blueprint import console, show
from scim_server.web.console.charts import Chart, Series, stacked
from scim_server.web.console.visit import requester

PERIODS = (7, 30, 90, 365)
_STYLES = ("one", "two", "three", "four", "five", "six")
# By what moves people: the beginnings of audit actions.
MOVERS: dict[str, LazyString] = {
    "scim": lazy_gettext("Identity provider"),
    "jit": lazy_gettext("First sign-in"),
    "user": lazy_gettext("Invitation"),
    "owner": lazy_gettext("Owner"),
    "self": lazy_gettext("By themselves"),
    "operator": lazy_gettext("Operator"),
}


@console.screen("/dashboard", permission=PERMISSION)
def dashboard() -> Response:
    """Draw the last days."""
    asked = request.args.get("days", 30, type=int)
    period = asked if asked in PERIODS else 30
    days = days_of(requester(), period)
    return show(
        "console/dashboard.html",
        charts=charts_of(days),
        today=days[-1],
        period=period,
        periods=PERIODS,
        is_unconnected=_is_unconnected(),
    )


def _is_unconnected() -> bool:
    """Tell whether nothing has ever come by the Organization's only Connection, so that this is where to begin."""
    found, total = administration.list_connections(requester(), limit=1, offset=0)
    return total == 1 and first_steps(requester().organization_id, found[0].id).connected_at is None


def charts_of(days: list[Day]) -> list[Chart]:
    """Return the charts of these days."""
    names = [day.day for day in days]
    statuses = [
        Series(titles.STATUSES[status], style, [day.users(status) for day in days])
        for status, style in zip((ACTIVE, *OTHERS), _STYLES, strict=False)
    ]
    sources = _by(titles.SOURCES, lambda source: [_active(day, source) for day in days])
    joined = _by(MOVERS, lambda mover: [day.joined.get(mover, 0) for day in days])
    left = _by(MOVERS, lambda mover: [day.left.get(mover, 0) for day in days])
    requests = [
        Series(lazy_gettext("Answered"), "one", [day.requests - day.failed for day in days]),
        Series(lazy_gettext("Refused"), "wrong", [day.failed for day in days]),
    ]
    return [
        stacked("members", lazy_gettext("Users by status"), names, statuses),
        stacked("sources", lazy_gettext("Active Users by source"), names, sources),
        stacked("joined", lazy_gettext("People who joined"), names, joined),
        stacked("left", lazy_gettext("People who left"), names, left),
        stacked("requests", lazy_gettext("Provisioning requests"), names, requests),
    ]


def _by(names: dict[str, LazyString], numbers: Callable[[str], list[int]]) -> list[Series]:
    found: Iterable[Series] = (
        Series(title, style, numbers(name)) for (name, title), style in zip(names.items(), _STYLES, strict=False)
    )
    return [series for series in found if series.total]


def _active(day: Day, source: str) -> int:
    return day.members.get((ACTIVE, source), 0)

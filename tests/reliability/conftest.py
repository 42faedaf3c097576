"""What the reliability tests share: the long form, and every table's content as a fingerprint."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select

from scim_server.database import Base

# Written beside the requests and not by them: when a token was last used, what was seen of them, who does the jobs.
_BESIDE = {
    "tokens": {"last_used_at"},
    **dict.fromkeys(("connection_observations", "connection_traffic", "journal_entries", "walk_stops", "leases")),
}

Fingerprint = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def long_form(request: pytest.FixtureRequest) -> bool:
    """Tell whether the long form was asked for, by --long or RELIABILITY=long."""
    asked = request.config.getoption("--long", default=False)
    return bool(asked) or os.environ.get("RELIABILITY") == "long"


@pytest.fixture
def amount(long_form: bool) -> Callable[[int, int], int]:
    """Choose between the number of the short form and that of the long one."""
    return lambda short, long: long if long_form else short


def fingerprint(database_url: str) -> Fingerprint:
    """Return the rows of all tables, in order."""
    engine = create_engine(database_url)
    content: Fingerprint = {}
    try:
        with engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                beside = _BESIDE.get(table.name, set())
                if beside is None:
                    continue
                columns = [column for column in table.columns if column.name not in beside]
                rows = connection.execute(select(*columns).order_by(*table.primary_key.columns))
                content[table.name] = [tuple(map(str, row)) for row in rows]
    finally:
        engine.dispose()
    return content


def url_of(app: Flask) -> str:
    """Return the URL of an application's database."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"].render_as_string(hide_password=False))

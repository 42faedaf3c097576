"""Prepared statements: as SQLAlchemy would run them, by the driver's cursor, on both databases."""

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, literal, literal_column, select, text, type_coerce
from sqlalchemy.exc import IntegrityError, ProgrammingError, StatementError
from sqlalchemy.types import Boolean, Text

from scim_server.database import Prepared, reading, transaction
from scim_server.database.types import JsonDocument
from scim_server.directory.totals import ResourceTotal
from tests.conftest import Organization

TOTALS = Prepared(
    select(ResourceTotal.resource_type, ResourceTotal.total)
    .where(ResourceTotal.organization_id == bindparam("organization"))
    .order_by(ResourceTotal.resource_type)
)
INSERT = Prepared(insert(ResourceTotal))


def row(organization: Organization, kind: str) -> dict[str, object]:
    return {"organization_id": organization.id, "resource_type": kind, "total": 7}


@pytest.mark.usefixtures("app")
def test_rows_are_read_whole_first_and_as_one_value(organization: Organization) -> None:
    bound = {"organization": organization.id, "unused": 1}
    with reading() as connection:
        assert TOTALS.all(connection, bound) == [("Group", 0), ("User", 0)]
        assert TOTALS.first(connection, bound) == ("Group", 0)
        assert TOTALS.scalar(connection, bound) == "Group"
        assert TOTALS.all(connection, {"organization": "nobody"}) == []
        assert TOTALS.first(connection, {"organization": "nobody"}) is None
        assert TOTALS.scalar(connection, {"organization": "nobody"}) is None


@pytest.mark.usefixtures("app")
def test_rows_are_written_one_and_many(organization: Organization) -> None:
    with transaction() as connection:
        assert INSERT.run(connection, row(organization, "a")) == 1
        INSERT.run_many(connection, [])
        INSERT.run_many(connection, [row(organization, "b")])
        INSERT.run_many(connection, [row(organization, "c"), row(organization, "d")])
    with reading() as connection:
        assert [kind for kind, _ in TOTALS.all(connection, {"organization": organization.id})][2:] == list("abcd")


@pytest.mark.usefixtures("app")
def test_types_convert_what_goes_in_and_comes_out() -> None:
    statement = Prepared(
        select(
            type_coerce(bindparam("document", type_=JsonDocument()), JsonDocument()).label("document"),
            type_coerce(literal_column("1 = 1"), Boolean()).label("truth"),
            literal("constant", Text()).label("constant"),
        )
    )
    with reading() as connection:
        for value in ({"a": [1]}, ["b"]):
            assert statement.first(connection, {"document": value}) == (value, True, "constant")
            assert statement.all(connection, {"document": value}) == [(value, True, "constant")]


@pytest.mark.usefixtures("app")
def test_errors_are_those_of_sqlalchemy(organization: Organization) -> None:
    with pytest.raises(IntegrityError), transaction() as connection:
        INSERT.run(connection, row(organization, "User"))
    with pytest.raises(StatementError) as refused, reading() as connection:
        Prepared(text("SELECT FROM WHERE")).run(connection, {})
    assert isinstance(refused.value, ProgrammingError) or "syntax error" in str(refused.value)
    with reading() as connection:
        assert TOTALS.first(connection, {"organization": organization.id}) == ("Group", 0)


def test_parameters_that_are_missing_are_noticed(app: Flask) -> None:
    with app.app_context(), reading() as connection, pytest.raises((KeyError, ProgrammingError)):
        TOTALS.first(connection, {})


def test_text_that_depends_on_values_is_refused(app: Flask) -> None:
    statement = Prepared(select(ResourceTotal.total).where(ResourceTotal.resource_type.in_(["User"])))
    with app.app_context(), reading() as connection, pytest.raises(AssertionError, match="depends on values"):
        statement.first(connection, {})

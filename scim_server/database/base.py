"""The declarative base of all models, and Flask-SQLAlchemy's holder of engines."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Index, MetaData, text
from sqlalchemy.orm import DeclarativeBase

# Constraints need names, or SQLite's batch migrations cannot find them again.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(naming_convention=NAMING)


def partial_index(name: str, *columns: str, condition: str, unique: bool = False) -> Index:
    """Return an index of those rows alone that fulfil the condition, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


# The default engine migrates; the bind "read" is the same database for requests (see engines.py).
db = SQLAlchemy(model_class=Base)

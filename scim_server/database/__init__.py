"""The database: tables belong to Flask-SQLAlchemy's models, reads and writes are SQLAlchemy Core statements.

`transaction()` is the only way to write and `reading()` the only way to read outside one.
"""

from scim_server.database.base import Base, db, partial_index
from scim_server.database.prepared import Prepared
from scim_server.database.transactions import (
    after_commit,
    at_once,
    is_unique_violation,
    reading,
    takes_turns,
    transaction,
)

__all__ = [
    "Base",
    "Prepared",
    "after_commit",
    "at_once",
    "db",
    "is_unique_violation",
    "partial_index",
    "reading",
    "takes_turns",
    "transaction",
]

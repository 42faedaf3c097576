"""Column types that behave alike on SQLite and PostgreSQL."""

from typing import Any

import orjson
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

# PostgreSQL compares and indexes text by locale unless told otherwise; "C" is code point order, which is what SQLite
# and Python do and what prefix ranges need.
OrderedText = Text().with_variant(Text(collation="C"), "postgresql")

# A moment as UTC in RFC 3339 with six digits of fraction, as SCIM shows it: text that sorts as time does.
Moment = OrderedText


class JsonDocument(TypeDecorator[Any]):
    """JSON that is kept as text in the form of the wire and never searched."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Encode a value; text is taken as JSON that is encoded already."""
        return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode what was stored."""
        return None if value is None else orjson.loads(value)


class _EncodedJsonb(UserDefinedType[str]):
    """PostgreSQL's JSONB, bound as JSON text: SQLAlchemy's own would encode it a second time."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return "JSONB"


class SearchDocument(TypeDecorator[str]):
    """JSON that filters look into: JSONB on PostgreSQL, text on SQLite. Bound as encoded text, never read back."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the dialect."""
        return dialect.type_descriptor(_EncodedJsonb() if dialect.name == "postgresql" else Text())

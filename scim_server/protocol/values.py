"""What a value becomes before it is compared, sorted or looked up; shared by all that compare.

Two values are equal for SCIM exactly where `comparable` returns equal results for them.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeAlias
from unicodedata import normalize

from scim_server.protocol.attributes import Attribute, Type

# Folded text where the attribute's caseExact is false, text, bool, int, float, or a dateTime as fixed-width UTC text.
Literal: TypeAlias = str | bool | int | float

_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))?",
    re.IGNORECASE,
)
# XML Schema part 2, §3.2.7.3.
_LARGEST_OFFSET = timedelta(hours=14)
_HOURS, _MINUTES = 24, 60


def fold(text: str) -> str:
    """Return `text` as it is compared without regard to letter case: NFC(casefold(NFC(text)))."""
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFC", text).casefold())


def sortable_date_time(text: str) -> str:
    """Return an xsd:dateTime as 'YYYY-MM-DDTHH:MM:SS.ffffffZ', whose order as text is the order in time.

    A time without an offset counts as UTC, digits beyond microseconds are cut, and 24:00:00 is the next day's start
    (RFC 7643 §2.3.5). Raises ValueError for anything else, also for years outside 1 to 9999.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("not a dateTime such as 2024-05-17T09:30:00Z")
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    fraction, _, sign, offset_hours, offset_minutes = match.group(7, 8, 9, 10, 11)
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    offset = timedelta()
    if sign:
        if int(offset_minutes) >= _MINUTES:
            raise ValueError("the minutes of an offset end at 59")
        offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes)) * (-1 if sign == "-" else 1)
        if abs(offset) > _LARGEST_OFFSET:
            raise ValueError("an offset is at most 14 hours")
    ends_the_day = hour == _HOURS and not (minute or second or microsecond)
    try:
        moment = datetime(
            year, month, day, 0 if ends_the_day else hour, minute, second, microsecond, timezone(offset)
        ) + timedelta(days=ends_the_day)
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the year is outside 1 to 9999") from error
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def comparable(attribute: Attribute, value: Any) -> Literal:
    """Return what a value of `attribute`, as it stands in JSON, is compared as.

    string and reference: text, folded unless caseExact; binary: text; dateTime: see `sortable_date_time`; boolean:
    bool; integer and decimal: number (RFC 7643 §2.2, §2.3). Raises ValueError for a value of another type.
    """
    if attribute.is_textual and isinstance(value, str):
        return value if attribute.case_exact else fold(value)
    match attribute.type:
        case Type.BINARY if isinstance(value, str):
            return value
        case Type.DATE_TIME if isinstance(value, str):
            return sortable_date_time(value)
        case Type.BOOLEAN if isinstance(value, bool):
            return value
        case Type.INTEGER | Type.DECIMAL if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    raise ValueError(f"not a value of type {attribute.type}")

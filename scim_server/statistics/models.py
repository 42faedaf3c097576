"""DailyCount: one number of one day, so that a year is drawn without reading what it counts."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import OrderedText


class DailyCount(Base):
    """How many Users had a status at the end of a day, or joined or left on it, by their source."""

    __tablename__ = "daily_counts"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    # Such as 2026-01-31, in UTC.
    day: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    measure: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    source: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    number: Mapped[int]

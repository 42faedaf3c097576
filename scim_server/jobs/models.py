"""Lease: which process does the work that only one may do at a time."""

from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base
from scim_server.database.types import Moment, OrderedText


class Lease(Base):
    """The right of one process to do the jobs of a name, until the moment that it must have renewed it by."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    holder: Mapped[str] = mapped_column(OrderedText)
    expires_at: Mapped[str] = mapped_column(Moment)

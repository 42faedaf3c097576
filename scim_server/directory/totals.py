"""How many resources an Organization has: a row that moves in the transaction of each creation and deletion."""

from sqlalchemy import Connection, ForeignKey, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from scim_server.database import Base, Prepared
from scim_server.database.types import OrderedText


class ResourceTotal(Base):
    """The number of resources of one type, so that an unfiltered list costs no count over all of them."""

    __tablename__ = "resource_totals"

    organization_id: Mapped[str] = mapped_column(
        OrderedText, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    resource_type: Mapped[str] = mapped_column(OrderedText, primary_key=True)
    total: Mapped[int] = mapped_column(default=0)


_ROW = (
    ResourceTotal.organization_id == bindparam("organization"),
    ResourceTotal.resource_type == bindparam("kind"),
)
_SELECT = Prepared(select(ResourceTotal.total).where(*_ROW))
_UPDATE = Prepared(update(ResourceTotal).where(*_ROW).values(total=ResourceTotal.total + bindparam("difference")))


def start_totals(connection: Connection, organization_id: str, resource_types: tuple[str, ...]) -> None:
    """Write the zeros of a new Organization."""
    connection.execute(
        insert(ResourceTotal),
        [{"organization_id": organization_id, "resource_type": name, "total": 0} for name in resource_types],
    )


def add_to_total(connection: Connection, organization_id: str, resource_type: str, difference: int) -> None:
    """Move the total by `difference`. Do it last in a transaction: on PostgreSQL others wait for the row."""
    _UPDATE.run(connection, {"organization": organization_id, "kind": resource_type, "difference": difference})


def total_of(connection: Connection, organization_id: str, resource_type: str) -> int:
    """Return the total."""
    return _SELECT.scalar(connection, {"organization": organization_id, "kind": resource_type}) or 0

"""A login for a User who has none yet, or lost it: the operator's way in, as for the first Owner."""

from sqlalchemy import bindparam, exists, or_, select

from scim_server.accounts.service import normal_email
from scim_server.accounts.setting_up import offer
from scim_server.audit.service import Event, Origin, record
from scim_server.database import transaction
from scim_server.protocol.errors import NotFound
from scim_server.protocol.values import fold
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import Status

_FIND = (
    select(User.id)
    .where(
        User.organization_id == bindparam("organization"),
        User.status == Status.ACTIVE.value,
        or_(
            User.user_name_folded == bindparam("email"),
            exists().where(
                UserEmail.organization_id == User.organization_id,
                UserEmail.user_id == User.id,
                UserEmail.value_folded == bindparam("email"),
            ),
        ),
    )
    .with_for_update()
)


def offer_login(organization_id: str, email: str, origin: Origin) -> str:
    """Return a link by which the User with this address chooses a password; raises NotFound, InvalidValue."""
    address = normal_email(email)
    with transaction() as connection:
        bound = {"organization": organization_id, "email": fold(address)}
        found = connection.execute(_FIND, bound).scalars().all()
        if len(found) != 1:
            raise NotFound(f"There is no active User with the address {address!r} in this Organization.")
        record(connection, organization_id, origin, [Event("operator:user:login-offered", "User", found[0], {})])
        return offer(connection, organization_id, found[0], address)

"""A login for a User who has none yet, or lost it: the operator's way in, as for the first Owner."""

from dataclasses import replace

from sqlalchemy import Connection, bindparam, exists, or_, select

from scim_server.accounts.service import find_account, normal_email
from scim_server.accounts.setting_up import Accepted, accept, offer
from scim_server.audit.service import ActorType, Event, Origin, event_rows, record
from scim_server.database import transaction
from scim_server.directory.changes import differences
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import now
from scim_server.organizations.schemas import resource_settings
from scim_server.protocol.errors import NotFound
from scim_server.protocol.values import fold
from scim_server.users import store
from scim_server.users.bootstrap import name_of, name_of_address
from scim_server.users.models import User, UserEmail
from scim_server.users.policy import Source, Status
from scim_server.users.writing import change_user

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


def accept_login(secret: str, *, name: str, password: str, origin: Origin) -> None:
    """Set the password that the link's person chose, and call the Owner as they call themselves.

    Until then an Owner is called by the address, which was all that the operator gave. Raises what
    accounts.setting_up.accept raises.
    """
    accepted = accept(secret, name=name, password=password, origin=origin)
    # Not in one transaction with it: hashing takes long, and no other writer is to wait for that.
    with transaction() as connection:
        _call(connection, accepted, origin)


def _call(connection: Connection, accepted: Accepted, origin: Origin) -> None:
    organization_id, user_id, account_id = accepted
    user = store.lock_user(connection, organization_id, user_id, "", connection_id="", has_nested_teams=False)
    account = find_account(account_id)
    if user is None or account is None:
        return
    before = load_attributes(user.document)
    if user.membership.source is not Source.BOOTSTRAP or user.membership.is_idp_managed:
        return
    if before.get("displayName") != name_of_address(before["userName"])["displayName"]:
        return
    after = {**before, **name_of(account.name)}
    changes = differences(before, after)
    if not changes:
        return
    user_type = resource_settings(connection, organization_id).types.user
    changed = store.changed_columns(user, user_type, after, changes, user.membership)
    changed |= {"version": user.version + 1, "modified_at": now()}
    by_person = replace(origin, actor_type=ActorType.USER, actor_id=user_id)
    (event,) = event_rows(organization_id, by_person, [Event("self:user:updated", "User", user_id, changes)])
    change_user(connection, {"organization_id": organization_id, "id": user_id}, changed, None, event)

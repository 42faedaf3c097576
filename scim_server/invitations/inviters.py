"""Whoever invited: whether they could still offer what they offered (IN14)."""

from sqlalchemy import Connection, bindparam, select

from scim_server.audit.service import ActorType
from scim_server.roles.authority import Authority
from scim_server.roles.catalogue import UnknownRole
from scim_server.tokens.models import Token
from scim_server.users.models import User
from scim_server.users.policy import Status

PERMISSION = "organization.invites.create"

# Revoked tokens have no right left. One that merely expired did its work while it was good: tokens that live for a day
# invite people who answer within a week.
_ROLE = {
    ActorType.TOKEN.value: select(Token.role).where(
        Token.organization_id == bindparam("organization"), Token.id == bindparam("inviter"), Token.revoked_at.is_(None)
    ),
    ActorType.USER.value: select(User.role).where(
        User.organization_id == bindparam("organization"),
        User.id == bindparam("inviter"),
        User.status == Status.ACTIVE.value,
    ),
}


def may_still_offer(
    connection: Connection, organization_id: str, inviter_type: str, inviter_id: str | None, role: str
) -> bool:
    """Tell whether an inviter has the right to invite to this role now; the operator and the server itself keep it."""
    statement = _ROLE.get(inviter_type)
    if statement is None:
        return True
    held = connection.execute(statement, {"organization": organization_id, "inviter": inviter_id}).scalar()
    authority = Authority(held)
    try:
        return authority.permits(PERMISSION) and authority.may_grant(role)
    except UnknownRole:  # one of the two left the catalogue since
        return False

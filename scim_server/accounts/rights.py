"""What a change of rights does to sessions: they end, or get new secrets, in the transaction of the change."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, delete, exists, or_, select, update

from scim_server.accounts.members import ACTIVE, USERS
from scim_server.accounts.models import Account, Session
from scim_server.accounts.sessions import AuthenticatedBy
from scim_server.database import Prepared
from scim_server.directory.json_sql import id_array, id_list

OF_USER = (USERS.c.organization_id == bindparam("organization"), USERS.c.id == bindparam("user"))
_ACCOUNT_OF_USER = select(USERS.c.account_id).where(*OF_USER).scalar_subquery()
_elsewhere = USERS.alias("elsewhere")
_MEMBER_ELSEWHERE = exists().where(
    _elsewhere.c.account_id == Session.account_id,
    _elsewhere.c.status == ACTIVE,
    _elsewhere.c.organization_id != bindparam("organization"),
)
# What is good for this Organization alone; and what is good for all, where there is no other left.
ENTER_AS_USER = (
    Session.account_id == _ACCOUNT_OF_USER,
    or_(
        Session.organization_id == bindparam("organization"),
        and_(Session.organization_id.is_(None), ~_MEMBER_ELSEWHERE),
    ),
)
_END_OF_USER = Prepared(delete(Session).where(*ENTER_AS_USER))
_OF_ORGANIZATION_OR_ALL = or_(Session.organization_id == bindparam("organization"), Session.organization_id.is_(None))
_ROTATE_OF_USER = (
    update(Session).where(Session.account_id == _ACCOUNT_OF_USER, _OF_ORGANIZATION_OR_ALL).values(rotation_due=True)
)
_ROTATE_OF_USERS = {
    dialect: update(Session)
    .where(
        Session.account_id.in_(
            select(USERS.c.account_id).where(
                USERS.c.organization_id == bindparam("organization"),
                USERS.c.account_id.is_not(None),
                USERS.c.id.in_(select(id_list(dialect, bindparam("users")))),
            )
        ),
        _OF_ORGANIZATION_OR_ALL,
    )
    .values(rotation_due=True)
    for dialect in ("sqlite", "postgresql")
}
_END_PASSWORDS_OF_DOMAIN = delete(Session).where(
    Session.authenticated_by != AuthenticatedBy.OIDC.value,
    Session.account_id != bindparam("but"),
    Session.account_id.in_(
        select(USERS.c.account_id)
        .join(Account, Account.id == USERS.c.account_id)
        .where(
            USERS.c.organization_id == bindparam("organization"),
            # Names of domains hold no wildcards.
            Account.email_folded.endswith(bindparam("at_domain")),
        )
    ),
)


def end_for_user(connection: Connection, organization_id: str, user_id: str) -> int:
    """End the sessions by which the User enters the Organization, and return how many there were.

    In the transaction that ends their access, call it before the User is deleted. A session that is good for other
    Organizations too goes on for those.
    """
    return _END_OF_USER.run(connection, {"organization": organization_id, "user": user_id})


def rotate_for_user(connection: Connection, organization_id: str, user_id: str) -> None:
    """Have the User's sessions get new secrets at their next request, in the transaction that changes their rights."""
    connection.execute(_ROTATE_OF_USER, {"organization": organization_id, "user": user_id})


def rotate_for_users(connection: Connection, organization_id: str, user_ids: Iterable[str]) -> None:
    """Have the sessions of any number of Users get new secrets, as `rotate_for_user` does for one."""
    bound = {"organization": organization_id, "users": id_array(user_ids)}
    connection.execute(_ROTATE_OF_USERS[connection.dialect.name], bound)


def end_passwords_of_domain(
    connection: Connection, organization_id: str, domain: str, *, but_account: str | None
) -> None:
    """End the sessions that a password gave to the Organization's people with an address of this domain.

    In the transaction that takes the password away; `but_account` is whose sessions go on.
    """
    bound = {"organization": organization_id, "at_domain": f"@{domain}", "but": but_account or ""}
    connection.execute(_END_PASSWORDS_OF_DOMAIN, bound)

"""Invitations as lists and single reads show them: who invited whom to what; never a secret and never a link."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlalchemy.types import Text

from scim_server.audit.service import ActorType
from scim_server.database import reading
from scim_server.directory.documents import load_attributes
from scim_server.identifiers import now
from scim_server.invitations.models import Invitation
from scim_server.invitations.policy import EXPIRED_STATE, shown_state
from scim_server.organizations.models import Organization
from scim_server.protocol.errors import NotFound
from scim_server.tokens.models import Token
from scim_server.users.invited import InvitationState
from scim_server.users.models import User

STATES = (*(state.value for state in InvitationState), EXPIRED_STATE)
_Inviter = aliased(User)


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, a token, or the server itself (and whoever operates it)."""

    id: str | None
    type: str
    username: str | None = None
    full_name: str | None = None
    token_name: str | None = None

    @property
    def name(self) -> str:
        """Return how mails and pages call it."""
        if self.token_name:
            return f'The API token "{self.token_name}"'
        return self.full_name or self.username or "An administrator"


@dataclass(frozen=True, slots=True)
class InvitationRecord:
    """An invitation."""

    id: str
    organization_id: str
    organization_name: str
    user_id: str
    email: str
    role: str
    state: str
    created_at: str
    sent_at: str
    sent_count: int
    expires_at: str
    ended_at: str | None
    invitee: Subject
    inviter: Subject


RECORD = (
    select(
        Invitation,
        Organization.name.label("organization_name"),
        User.display_name.label("invitee_name"),
        Token.name.label("token_name"),
        type_coerce(_Inviter.document, Text()).label("inviter_document"),
    )
    .join(Organization, Organization.id == Invitation.organization_id)
    .outerjoin(User, and_(User.organization_id == Invitation.organization_id, User.id == Invitation.user_id))
    .outerjoin(
        Token,
        and_(
            Invitation.invited_by_type == ActorType.TOKEN.value,
            Token.id == Invitation.invited_by_id,
            Token.organization_id == Invitation.organization_id,
        ),
    )
    .outerjoin(
        _Inviter,
        and_(
            Invitation.invited_by_type == ActorType.USER.value,
            _Inviter.organization_id == Invitation.organization_id,
            _Inviter.id == Invitation.invited_by_id,
        ),
    )
)
_OF_ORGANIZATION = Invitation.organization_id == bindparam("organization")
_READ = RECORD.where(_OF_ORGANIZATION, Invitation.id == bindparam("invitation"))
_READ_MANY = RECORD.where(_OF_ORGANIZATION, Invitation.id.in_(bindparam("invitations", expanding=True)))
_COLUMNS = {
    "createdAt": Invitation.created_at,
    "expiresAt": Invitation.expires_at,
    "inviteeEmail": Invitation.email_folded,
}
SORTS = tuple(_COLUMNS)


def read_invitation(organization_id: str, invitation_id: str) -> InvitationRecord:
    """Return an invitation; raises NotFound."""
    with reading() as connection:
        row = connection.execute(_READ, {"organization": organization_id, "invitation": invitation_id}).first()
    if row is None:
        raise NotFound(f"There is no invitation '{invitation_id}'.")
    return to_record(row)


def read_invitations(organization_id: str, invitation_ids: Collection[str]) -> dict[str, InvitationRecord]:
    """Return invitations by their ids; those that do not exist are missing."""
    bound = {"organization": organization_id, "invitations": list(invitation_ids)}
    with reading() as connection:
        return {row.id: to_record(row) for row in connection.execute(_READ_MANY, bound)}


def list_invitations(
    organization_id: str, *, states: Sequence[str], order: Sequence[tuple[str, bool]], limit: int, offset: int
) -> tuple[list[InvitationRecord], int]:
    """Return a page of invitations in any of these states, and how many there are; no state means all.

    `order` holds fields and whether they descend; without it the newest stand first.
    """
    chosen = order or (("createdAt", True),)
    keys = [_COLUMNS[name].desc() if descending else _COLUMNS[name].asc() for name, descending in chosen]
    condition = and_(_OF_ORGANIZATION, _in_states(states))
    bound = {"organization": organization_id, "now": now()}
    page = RECORD.where(condition).order_by(*keys, Invitation.id).limit(limit).offset(offset)
    with reading() as connection:
        rows = connection.execute(page, bound).all()
        total = connection.execute(select(func.count()).select_from(Invitation).where(condition), bound).scalar_one()
    return [to_record(row) for row in rows], total


def _in_states(states: Sequence[str]) -> Any:
    if not states:
        return True
    is_open = Invitation.state == InvitationState.OPEN.value
    conditions = {
        InvitationState.OPEN.value: is_open & (Invitation.expires_at > bindparam("now")),
        EXPIRED_STATE: is_open & (Invitation.expires_at <= bindparam("now")),
    }
    return or_(*(conditions.get(state, Invitation.state == state) for state in states))


def to_record(row: Any) -> InvitationRecord:
    """Return the record of a row of the statement above, as it stands now."""
    return InvitationRecord(
        id=row.id,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        user_id=row.user_id,
        email=row.email,
        role=row.role,
        state=shown_state(row.state, row.expires_at, now()),
        created_at=row.created_at,
        sent_at=row.sent_at,
        sent_count=row.sent_count,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        invitee=Subject(row.user_id, "USER", row.email, row.invitee_name),
        inviter=_inviter(row),
    )


def _inviter(row: Any) -> Subject:
    if row.invited_by_type == ActorType.TOKEN:
        return Subject(row.invited_by_id, "SERVICEKEY", token_name=row.token_name)
    if row.invited_by_type == ActorType.USER:
        attributes = load_attributes(row.inviter_document) if row.inviter_document else {}
        return Subject(row.invited_by_id, "USER", attributes.get("userName"), attributes.get("displayName"))
    return Subject(row.invited_by_id, "SYSTEM")

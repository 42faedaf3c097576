"""Invite a person inside a transaction: the User, the invitation, the mail and the audit events live or die as one."""

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.identifiers import moment
from scim_server.invitations import store
from scim_server.invitations.limits import KIND, Allowance
from scim_server.invitations.listing import Subject
from scim_server.invitations.policy import LIFETIME, invite
from scim_server.organizations.models import Organization
from scim_server.outbox.mail import compose
from scim_server.outbox.service import enqueue_mail
from scim_server.outbox.transports import mail_setup
from scim_server.protocol.errors import Unavailable
from scim_server.protocol.values import fold
from scim_server.roles.authority import Requester
from scim_server.roles.catalogue import catalogue
from scim_server.tokens.secrets import digest
from scim_server.users.policy import Membership, Status

# 256 bits: nobody guesses it (IN07).
SECRET_BYTES = 32

_ORGANIZATION_NAME = select(Organization.name).where(Organization.id == bindparam("organization"))


class Inviting:
    """One request to invite, inside its transaction; the caller has checked that the role may be granted."""

    def __init__(self, connection: Connection, requester: Requester) -> None:
        self.connection = connection
        self._organization_id = requester.organization_id
        self._origin = requester.origin
        self._allowance = Allowance(connection, requester.organization_id)
        self._organization_name: str = connection.execute(
            _ORGANIZATION_NAME, {"organization": requester.organization_id}
        ).scalar_one()

    def invite_address(self, address: str, role: str) -> str:
        """Invite whoever has a normalised address, known or not, and return the invitation's id.

        Raises AlreadyMember, Deactivated, Conflict, TooManyRequests.
        """
        person = store.find_person(self.connection, self._organization_id, address)
        if person is None:
            after = invite(None, role)
            self._allowance.take(address)
            user_id = store.insert_person(self.connection, self._organization_id, self._origin, address, after)
            if user_id is not None:
                return self._send(user_id, address, role, before=None, after=after)
            # Somebody else made this User since; its transaction has ended, so it is seen now.
            person = store.find_person(self.connection, self._organization_id, address)
            if person is None:
                raise Unavailable
            return self.invite_person(person, address, role, counted=True)
        return self.invite_person(person, address, role)

    def invite_person(self, person: store.Person, address: str, role: str, *, counted: bool = False) -> str:
        """Invite a User who is known and locked, and return the invitation's id; raises as `invite_address`.

        `counted` says that the mail was taken from the allowance already.
        """
        after = invite(person.membership, role)
        if not counted:
            self._allowance.take(address)
        if after != person.membership:
            store.update_standing(self.connection, self._organization_id, person.id, after, self._origin)
        return self._send(person.id, address, role, before=person.membership, after=after)

    def _send(self, user_id: str, address: str, role: str, *, before: Membership | None, after: Membership) -> str:
        secret, sent = secrets.token_urlsafe(SECRET_BYTES), datetime.now(UTC)
        values = {
            "email": address,
            "email_folded": fold(address),
            "role": role,
            "secret_digest": digest(secret),
            "invited_by_type": self._origin.actor_type.value,
            "invited_by_id": self._origin.actor_id,
            "sent_at": moment(sent),
            "expires_at": moment(sent + LIFETIME),
        }
        issued = store.issue(self.connection, self._organization_id, user_id, values)
        mail = compose(
            KIND,
            address,
            f"You are invited to join {self._organization_name}",
            organization_name=self._organization_name,
            inviter_name=_name(self._origin),
            role_title=catalogue().organization.role(role).title,
            expires_at=day_and_time(sent + LIFETIME),
            link=link(issued.id, secret),
        )
        enqueue_mail(self.connection, self._organization_id, mail)
        record(self.connection, self._organization_id, self._origin, _events(user_id, values, issued, before, after))
        return issued.id


def link(invitation_id: str, secret: str) -> str:
    """Return the address that a mail leads to, made from the public URL and nothing that a client sends (IN08)."""
    return f"{mail_setup().public_url}/invitations/{invitation_id}.{secret}"


def day_and_time(value: datetime) -> str:
    """Return a moment as mails and pages say it, such as `2 December 2026, 16:10 UTC`."""
    return f"{value.day} {value.astimezone(UTC):%B %Y, %H:%M} UTC"


def _name(origin: Origin) -> str:
    if origin.actor_type is ActorType.TOKEN:
        return Subject(origin.actor_id, "SERVICEKEY", token_name=origin.actor_name).name
    if origin.actor_type is ActorType.USER:
        return Subject(origin.actor_id, "USER", origin.actor_name).name
    return Subject(origin.actor_id, "SYSTEM").name


def _events(
    user_id: str, values: dict[str, Any], issued: store.Issued, before: Membership | None, after: Membership
) -> list[Event]:
    again = issued.earlier_role is not None
    changes: dict[str, Any] = {
        "role": [issued.earlier_role, values["role"]],
        "expiresAt": [None, values["expires_at"]],
    }
    if not again:
        changes["email"] = [None, values["email"]]
    events = [Event(f"owner:invitation:{'resent' if again else 'created'}", "Invitation", issued.id, changes)]
    if before is None:
        events.append(Event("owner:user:created", "User", user_id, _standing(None, after)))
    elif before.status is not Status.PENDING or before.role != after.role:
        events.append(Event("owner:user:invited", "User", user_id, _standing(before, after)))
    return events


def _standing(before: Membership | None, after: Membership) -> dict[str, Any]:
    return {
        "#status": [before.status.value if before else None, after.status.value],
        "#role": [before.role if before else None, after.role],
    }

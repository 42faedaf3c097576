"""A believed login becomes a session: the Account it stands for, the User it is in the Organization, all or nothing.

One transaction: the toggle, the proved domains and the User are read inside it and locked, so that what commits
before it counts, and what comes after it finds its session (deactivation ends it).
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from scim_server.accounts.members import NotLinked, link_user
from scim_server.accounts.service import AccountRecord
from scim_server.accounts.sessions import AuthenticatedBy, ProviderLogin, start
from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.connections.models import Connection
from scim_server.database import is_unique_violation, transaction
from scim_server.identifiers import now
from scim_server.invitations.store import Person as KnownPerson
from scim_server.invitations.store import update_standing
from scim_server.protocol.errors import Conflict
from scim_server.sso import store
from scim_server.sso.models import SsoSettings
from scim_server.sso.person import Person
from scim_server.sso.policy import Decision, Refusal, log_in, may_confirm, vouches
from scim_server.teams.claims import follow_groups
from scim_server.users.invited import InvitationState, end_invitation, ending
from scim_server.users.policy import Membership

# Two that bring the same new person at once: the second finds what the first has made.
_ATTEMPTS = 3
# Shared, as logins do not hinder one another; whoever changes the toggle waits for them, and they for it.
_TOGGLE = (
    select(Connection.automatic_membership, SsoSettings.groups_to_teams)
    .outerjoin(
        SsoSettings,
        (SsoSettings.organization_id == Connection.organization_id) & (SsoSettings.connection_id == Connection.id),
    )
    .where(Connection.organization_id == bindparam("organization"), Connection.id == bindparam("connection"))
    .with_for_update(read=True, of=Connection)
)


@dataclass(frozen=True, slots=True)
class Entered:
    """A person who entered: `secret` is the session's, for the cookie alone."""

    organization_id: str
    account_id: str
    user_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A person who stays out; nothing was made but an audit event.

    `may_confirm`: they enter once they have shown by mail that the address is theirs.
    """

    organization_id: str
    reason: Refusal
    may_confirm: bool = False


def login_by_identity(
    organization_id: str,
    connection_id: str,
    person: Person,
    origin: Origin,
    *,
    id_token: str | None = None,
    is_confirmed: bool = False,
) -> Entered | Refused:
    """Let a person enter the Organization as its policy says, and begin their session, which is good for it alone.

    The caller has made sure that the Connection's identity provider vouches for `person`, who comes from `origin`;
    `id_token` is for signing out there. `is_confirmed`: a mail to their address has reached them.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with transaction() as connection:
                login = _Login(connection, organization_id, connection_id, person, origin, id_token)
                return login.run(is_confirmed=is_confirmed)
        except (store.TakenMeanwhile, NotLinked):
            if attempt == _ATTEMPTS - 1:
                raise
        except IntegrityError as error:
            if not is_unique_violation(error) or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


class _Refuse(Exception):
    """Ends a login inside the transaction, before anything was written."""

    def __init__(self, reason: Refusal, user_id: str | None = None, *, may_confirm: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.user_id = user_id
        self.may_confirm = may_confirm


class _Login:
    """One login in one transaction."""

    def __init__(
        self,
        connection: DatabaseConnection,
        organization_id: str,
        connection_id: str,
        person: Person,
        origin: Origin,
        id_token: str | None,
    ) -> None:
        self._connection = connection
        self._organization_id = organization_id
        self._connection_id = connection_id
        self._person = person
        self._origin = origin
        self._id_token = id_token
        bound = {"organization": organization_id, "connection": connection_id}
        self._toggle, self._follows_groups = connection.execute(_TOGGLE, bound).one()
        proved = store.proved_domains(connection, organization_id)
        self._is_vouched_for = vouches(person, proved)
        self._is_theirs = self._is_vouched_for

    def run(self, *, is_confirmed: bool) -> Entered | Refused:
        # Whether the address is this person's: somebody who may speaks for it, or they have shown it themselves.
        self._is_theirs = self._is_vouched_for or is_confirmed
        try:
            account, has_identity = self._account()
            user, is_linked = self._user(account)
            decision = self._decision(user, is_linked=is_linked)
        except _Refuse as refusal:
            return self._refused(refusal)
        user_id = self._written(user, decision)
        account_id = account.id if account is not None else self._new_account()
        if has_identity:
            store.note_use(self._connection, self._person)
        else:
            self._link_identity(account_id, user_id)
        link_user(self._connection, self._organization_id, user_id, account_id)
        self._follow_groups(user_id)
        person = self._person
        provider = ProviderLogin(
            person.issuer, person.subject, person.provider_session, self._connection_id, self._id_token
        )
        secret = start(
            self._connection,
            account_id,
            self._by(user_id),
            authenticated_by=AuthenticatedBy.OIDC,
            organization_id=self._organization_id,
            provider=provider,
        )
        return Entered(self._organization_id, account_id, user_id, secret)

    def _account(self) -> tuple[AccountRecord | None, bool]:
        """Return the Account of the identity; otherwise of the address, if it is theirs; and which it was."""
        found = store.account_of_identity(self._connection, self._person)
        has_identity = found is not None
        if found is None and self._is_theirs:
            found = store.account_of_address(self._connection, str(self._person.email))
        if found is not None and found.disabled_at is not None:
            raise _Refuse(Refusal.ACCOUNT_DISABLED)
        return found, has_identity

    def _user(self, account: AccountRecord | None) -> tuple[KnownPerson | None, bool]:
        """Return the locked User that the person is, or would be by the address, and whether it is theirs already."""
        if account is not None:
            own = store.lock_user_of_account(self._connection, self._organization_id, account.id)
            if own is not None:
                return own, True
        try:
            user, owner = store.lock_user_of_address(self._connection, self._organization_id, self._person.email)
        except Conflict:
            raise _Refuse(Refusal.ANOTHER_PERSON) from None
        if user is not None and self._is_theirs and owner is not None:
            if account is None and self._account()[0] is not None:
                # The same person's other login has made and linked it since this one looked.
                raise store.TakenMeanwhile
            # Linked, and not to this person's Account, which would have been found above.
            raise _Refuse(Refusal.ANOTHER_PERSON, user.id)
        return user, user is not None and self._is_theirs and not self._is_vouched_for

    def _decision(self, user: KnownPerson | None, *, is_linked: bool) -> Decision:
        decide = partial(
            log_in,
            user.membership if user is not None else None,
            is_vouched_for=self._is_vouched_for,
            is_invited=user is not None and store.is_invited(self._connection, self._organization_id, user.id),
            automatic_membership=self._toggle,
        )
        decision = decide(is_linked=is_linked)
        if decision.refusal is not None:
            confirmed = decide(is_linked=user is not None)
            raise _Refuse(
                decision.refusal,
                user.id if user is not None else None,
                may_confirm=may_confirm(decision, confirmed, self._person),
            )
        return decision

    def _written(self, user: KnownPerson | None, decision: Decision) -> str:
        """Write the standing that was decided, with its audit events, and return the User's id."""
        after = decision.after
        assert after is not None, "whoever is not refused is somebody afterwards"
        if user is None:
            by = self._automatically
            user_id = store.insert_person(self._connection, self._organization_id, by, self._person, after)
            events = [self._joined("jit:user:created", user_id, None, after)]
        elif after == user.membership:
            return user.id
        else:
            user_id, before = user.id, user.membership
            granted_by = self._automatically if after.role != before.role else None
            update_standing(self._connection, self._organization_id, user_id, after, granted_by)
            action = "user:user:joined" if decision.accepts_invitation else "jit:user:joined"
            # An invitation that is too old to be accepted has no use for a member either.
            end = ending(before, after) if decision.accepts_invitation else InvitationState.REVOKED
            ended = end_invitation(self._connection, self._organization_id, user_id, end, now(), "user")
            events = [*ended, self._joined(action, user_id, before, after)]
        record(self._connection, self._organization_id, self._by(user_id), events)
        return user_id

    def _joined(self, action: str, user_id: str, before: Membership | None, after: Membership) -> Event:
        changes: dict[str, Any] = {
            "#status": [before.status.value if before else None, after.status.value],
            "#role": [before.role if before else None, after.role],
            "#automaticMembership": [None, self._toggle],
        }
        if before is None:
            changes["userName"] = [None, self._person.email]
        return Event(action, "User", user_id, changes)

    def _new_account(self) -> str:
        return store.insert_account_of(self._connection, self._person)

    def _link_identity(self, account_id: str, user_id: str) -> None:
        store.insert_identity(self._connection, self._organization_id, self._connection_id, account_id, self._person)
        changes = {"issuer": [None, self._person.issuer], "subject": [None, self._person.subject]}
        event = Event("user:identity:linked", "User", user_id, changes)
        record(self._connection, self._organization_id, self._by(user_id), [event])

    def _follow_groups(self, user_id: str) -> None:
        # A provider that leaves the claim out says nothing of groups, and no person leaves a Team by that.
        if self._follows_groups and self._person.groups is not None:
            follow_groups(
                self._connection,
                self._organization_id,
                self._origin,
                user_id=user_id,
                connection_id=self._connection_id,
                groups=self._person.groups,
            )

    def _refused(self, refusal: _Refuse) -> Refused:
        changes = {
            "#reason": [None, refusal.reason.value],
            "#automaticMembership": [None, self._toggle],
            "issuer": [None, self._person.issuer],
            "subject": [None, self._person.subject],
            "email": [None, self._person.email],
        }
        target = ("User", refusal.user_id) if refusal.user_id is not None else ("Connection", self._connection_id)
        event = Event("user:login:refused", *target, changes)
        record(self._connection, self._organization_id, self._by(refusal.user_id), [event])
        return Refused(self._organization_id, refusal.reason, refusal.may_confirm)

    @property
    def _automatically(self) -> Origin:
        """Return who gave a role that nobody gave: the Connection's policy did."""
        return replace(self._origin, actor_type=ActorType.SYSTEM, actor_id=None, actor_name=None)

    def _by(self, user_id: str | None) -> Origin:
        actor = ActorType.USER if user_id is not None else ActorType.SYSTEM
        return replace(self._origin, actor_type=actor, actor_id=user_id, actor_name=self._person.email)

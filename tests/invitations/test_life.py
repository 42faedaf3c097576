"""All orders of what may happen to one invited person, against a small model (peers.md §3 item 13).

The model is a handful of fields; the server is asked after every step whether it agrees.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from scim_server.database import reading
from scim_server.invitations.limits import PERIOD
from scim_server.invitations.models import Invitation
from scim_server.invitations.policy import LIFETIME
from scim_server.users.models import User
from tests.conftest import make_api, make_organization
from tests.support.api import refused
from tests.support.client import USER, ScimClient
from tests.support.invitations import answer, newest_token

BOB, MEMBER, BILLING = "bob@acme.example", "ORGANIZATION_MEMBER", "ORGANIZATION_BILLING_ADMIN"
STEPS, EXAMPLES = 25, 20


@dataclass(frozen=True)
class Person:
    """What the model knows of the User."""

    status: str
    role: str | None
    managed: bool
    was_member: bool = False


class Lives(RuleBasedStateMachine):
    """One person in one Organization."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.travel = time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False)
        self.clock = self.travel.start()
        self.app = app
        self.organization = make_organization("Life")
        self.api = make_api(app, self.organization)
        self.scim = ScimClient(app, self.organization.id, self.organization.token)
        self.automatic: str | None = MEMBER
        self.person: Person | None = None
        self.invitation: str | None = None
        self.state: str | None = None
        self.expires_at = datetime(2000, 1, 1, tzinfo=UTC)
        self.tokens: list[str] = []

    def teardown(self) -> None:
        self.travel.stop()

    # What the model says

    @property
    def open(self) -> bool:
        return self.state == "OPEN" and datetime.now(UTC) < self.expires_at

    def issued(self, body: dict[str, Any], role: str) -> None:
        managed = self.person.managed if self.person else False
        if self.state == "OPEN":
            assert body["inviteId"] == self.invitation
        self.person = Person("PENDING", role, managed)
        self.invitation, self.state = body["inviteId"], "OPEN"
        self.expires_at = datetime.now(UTC) + LIFETIME
        self.tokens.append(newest_token(self.organization.id, BOB))

    def withdrawn(self, state: str) -> None:
        self.state = state
        if self.person and self.person.status == "PENDING":
            waits = Person("AWAITING_INVITATION", None, managed=True)
            self.person = waits if self.person.managed else None

    def pushed(self) -> None:
        """Tell what adoption does to a person who is not deactivated by the same push."""
        assert self.person
        self.person = replace(self.person, managed=True)
        if self.person.status == "PENDING" and self.automatic:
            role = self.person.role if self.open else self.automatic
            self.state = "ACCEPTED" if self.open else "REVOKED"
            self.person = replace(self.person, status="ACTIVE", role=role)

    def joined(self) -> Person:
        if self.automatic:
            return Person("ACTIVE", self.automatic, managed=True)
        return Person("AWAITING_INVITATION", None, managed=True)

    # What Owners and the operator do

    @rule(role=st.sampled_from([MEMBER, BILLING]))
    def invite(self, role: str) -> None:
        self.clock.shift(PERIOD / 4)  # or the limit of mails an hour would answer
        answered = self.api.post("/invites", {"inviteeEmail": BOB, "role": role})
        if self.person and self.person.status in {"ACTIVE", "INACTIVE"}:
            refused(answered, 400 if self.person.status == "ACTIVE" else 409)
            return
        assert answered.status_code == 200
        self.issued(answered.get_json(), role)

    @rule()
    def invite_the_waiting(self) -> None:
        self.clock.shift(PERIOD / 4)
        body = self.api.post("/users/invite-waiting", {"all": True}).get_json()
        waits = self.person is not None and self.person.status == "AWAITING_INVITATION"
        assert body["invited"] == waits
        if waits:
            self.issued(body["results"][0]["invite"], MEMBER)

    @precondition(lambda self: self.invitation)
    @rule()
    def resend(self) -> None:
        self.clock.shift(PERIOD / 4)
        answered = self.api.post(f"/invites/{self.invitation}/resend")
        if self.state != "OPEN":
            refused(answered, 409)
            return
        assert answered.status_code == 200
        assert self.person
        assert self.person.role
        self.issued(answered.get_json(), self.person.role)

    @precondition(lambda self: self.invitation)
    @rule()
    def revoke(self) -> None:
        answered = self.api.delete(f"/invites/{self.invitation}")
        if self.state == "OPEN":
            assert answered.status_code == 204
            self.withdrawn("REVOKED")
        else:
            refused(answered, 409 if self.state == "ACCEPTED" else 404)

    @rule()
    def toggle(self) -> None:
        self.automatic = None if self.automatic else MEMBER
        self.organization.set_jit(self.automatic)

    @rule()
    def time_passes(self) -> None:
        self.clock.shift(LIFETIME + timedelta(seconds=1))

    # What the person does

    @precondition(lambda self: self.tokens)
    @rule(chosen=st.sampled_from(["accept", "reject"]))
    def answer_newest(self, chosen: str) -> None:
        answered = answer(self.app, self.tokens[-1], chosen)
        if not self.open:
            assert answered.status_code == 410
        elif chosen == "accept":
            assert answered.status_code == 200
            assert self.person
            assert answered.get_json()["role"] == self.person.role
            self.person, self.state = replace(self.person, status="ACTIVE"), "ACCEPTED"
        else:
            assert answered.status_code == 200
            self.withdrawn("REJECTED")

    @precondition(lambda self: len(self.tokens) > 1)
    @rule(data=st.data())
    def accept_older(self, data: Any) -> None:
        token = data.draw(st.sampled_from(self.tokens[:-1]))
        assert answer(self.app, token).status_code in {404, 410}

    # What the identity provider does

    @rule(active=st.booleans())
    def create(self, active: bool) -> None:
        answered = self.scim.post("/Users", {"userName": BOB, "schemas": [USER], "active": active})
        if self.person is not None:
            assert answered.status_code == 409
            return
        assert answered.status_code == 201
        self.person = self.joined() if active else Person("INACTIVE", None, managed=True)

    @precondition(lambda self: self.person)
    @rule()
    def adopt(self) -> None:
        self.patch("displayName", "Bob")
        self.pushed()

    @precondition(lambda self: self.person)
    @rule()
    def deactivate(self) -> None:
        self.patch("active", value=False)
        assert self.person
        if self.person.status == "PENDING":
            self.state = "REVOKED"
        if self.person.status != "INACTIVE":
            was_member = self.person.status == "ACTIVE"
            self.person = replace(self.person, status="INACTIVE", was_member=was_member)
        self.person = replace(self.person, managed=True)

    @precondition(lambda self: self.person)
    @rule()
    def reactivate(self) -> None:
        self.patch("active", value=True)
        assert self.person
        if self.person.status != "INACTIVE":
            self.pushed()
        elif self.person.was_member:
            self.person = Person("ACTIVE", self.person.role, managed=True)
        else:
            self.person = self.joined()

    @precondition(lambda self: self.person)
    @rule()
    def delete(self) -> None:
        assert self.scim.delete(f"/Users/{self.user_id()}").status_code == 204
        assert self.person
        if self.person.status == "PENDING":
            self.state = "REVOKED"
        self.person = None

    def patch(self, path: str, value: object) -> None:
        change = {"op": "replace", "path": path, "value": value}
        assert self.scim.patch(f"/Users/{self.user_id()}", change).status_code == 200

    def user_id(self) -> str:
        (found,) = self.scim.filter("/Users", f'userName eq "{BOB}"').get_json(force=True)["Resources"]
        return str(found["id"])

    @invariant()
    def the_server_agrees(self) -> None:
        users = select(User.status, User.role, User.is_idp_managed).where(User.organization_id == self.organization.id)
        states = select(Invitation.state).where(Invitation.id == self.invitation)
        with reading() as connection:
            found = connection.execute(users).all()
            state = connection.execute(states).scalar()
        assert state == self.state
        person = self.person
        # A role that is kept while somebody is shut out is nobody's business.
        assert [(row.status, row.role, row.is_idp_managed) for row in found] == (
            [(person.status, person.role, person.managed)] if person else []
        )


def test_every_order(app: Flask) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Lives(app),
        settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None),
    )

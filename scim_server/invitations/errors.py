"""Why an invitation is not given, and why a link no longer leads anywhere."""

from scim_server.protocol.errors import Conflict, Forbidden, InvalidValue, ScimError


class AlreadyMember(InvalidValue):
    """An invitation for somebody who has joined already."""

    default_detail = "User is already a member of this organization."


class Deactivated(Conflict):
    """An invitation for somebody whom the identity provider or an Owner shut out."""

    default_detail = (
        "This User is deactivated. Reactivate them instead: in the identity provider, if it manages them, or else here."
    )


class Gone(ScimError):
    """A link whose invitation has ended; `reason` says how: used, rejected, revoked or expired."""

    status = 410

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(_GONE[reason])


class OtherPerson(Forbidden):
    """An acceptance by somebody who is signed in with another address than the invited one."""

    def __init__(self, email: str) -> None:
        local, _, domain = email.rpartition("@")
        super().__init__(
            f"This invitation was sent to {local[:1]}***@{domain}, and you are signed in with another address. "
            "Sign out, and open the link again."
        )


class InviterLostRight(Forbidden):
    """An acceptance of what the inviter could not offer any more."""

    default_detail = (
        "Whoever invited you can no longer offer this role, so the invitation cannot be accepted. "
        "Ask an Organization Owner to invite you again."
    )


USED, REJECTED, REVOKED, EXPIRED = "used", "rejected", "revoked", "expired"
_GONE = {
    USED: "This invitation was used already.",
    REJECTED: "This invitation was declined. Ask for a new one if that was a mistake.",
    REVOKED: "This invitation is no longer valid. Ask an Organization Owner for a new one.",
    EXPIRED: "This invitation has expired. Ask an Organization Owner for a new one.",
}

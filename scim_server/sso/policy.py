"""What a login at an Organization's identity provider does to a person (product.md §2): pure decisions, no database.

The one place that decides it, whatever path a login comes by. Precedence: what SCIM made of the User, then an open
invitation, then just-in-time provisioning.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from scim_server.sso.person import Person
from scim_server.users.policy import Membership, Source, Status


class Refusal(StrEnum):
    """Why a person who has signed in does not enter."""

    NOT_A_MEMBER = "not-a-member"
    DEACTIVATED = "deactivated"
    # The address is on no domain that the Organization has proved, or the provider itself says it is not verified.
    ADDRESS_NOT_VOUCHED_FOR = "address-not-vouched-for"
    # The User is linked to another Account, or the Account to another User.
    ANOTHER_PERSON = "another-person"
    ACCOUNT_DISABLED = "account-disabled"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who the person is afterwards, or why they stay out. `accepts_invitation`: the login answered an open one."""

    after: Membership | None
    refusal: Refusal | None = None
    accepts_invitation: bool = False


def vouches(person: Person, proved_domains: Collection[str]) -> bool:
    """Tell whether the identity provider may speak for the person's address.

    The Organization has proved its domain, and the provider does not say that the address is unverified. Many do not
    say anything of it (Okta, Entra), as they are the ones who hand the addresses out.
    """
    return person.email_verified is not False and person.domain is not None and person.domain in proved_domains


def log_in(
    current: Membership | None,
    *,
    is_vouched_for: bool,
    is_linked: bool,
    is_invited: bool,
    automatic_membership: str | None,
) -> Decision:
    """Decide for a person who signed in; `current` is the User whom they are, or would be by their address.

    `is_vouched_for` as above. `is_linked`: the User is this person's for certain, by an earlier login or acceptance, or
    because a mail to the User's address reached them.
    `is_invited`: there is an open invitation that is not too old and that its inviter can still make.
    `automatic_membership` is the role of people who join just in time, None where that is switched off.
    """
    if not (is_vouched_for or is_linked):
        # Who is unknown where nobody joins by themselves learns nothing but whom to ask.
        unknown = current is None and automatic_membership is None
        return Decision(None, Refusal.NOT_A_MEMBER if unknown else Refusal.ADDRESS_NOT_VOUCHED_FOR)
    if current is None:
        newcomer = Membership(Status.AWAITING_INVITATION, None, Source.JIT, is_idp_managed=False, active=True)
        return _just_in_time(newcomer, automatic_membership, is_vouched_for=is_vouched_for)
    if current.status is Status.INACTIVE:
        return Decision(None, Refusal.DEACTIVATED)
    if current.status is Status.ACTIVE:
        return Decision(current)
    if current.status is Status.PENDING and is_invited:
        return Decision(replace(current, status=Status.ACTIVE), accepts_invitation=True)
    return _just_in_time(current, automatic_membership, is_vouched_for=is_vouched_for)


def may_confirm(decision: Decision, confirmed: Decision, person: Person) -> bool:
    """Tell whether a mail to the address helps whoever is refused: it names a User whom its person may be.

    `confirmed` is the decision with the User being theirs. Nobody joins that way who is not expected, and a provider
    that says itself that the address is not verified is believed.
    """
    return (
        decision.refusal is Refusal.ADDRESS_NOT_VOUCHED_FOR
        and confirmed.refusal is None
        and person.email is not None
        and person.email_verified is not False
    )


def _just_in_time(person: Membership, automatic_membership: str | None, *, is_vouched_for: bool) -> Decision:
    """Let a person in with the default role, never another: an invitation that is too old offers none any more."""
    if automatic_membership is None:
        return Decision(None, Refusal.NOT_A_MEMBER)
    if not is_vouched_for:
        return Decision(None, Refusal.ADDRESS_NOT_VOUCHED_FOR)
    return Decision(replace(person, status=Status.ACTIVE, role=automatic_membership, status_before=None))

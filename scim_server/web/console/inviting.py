"""Invite people: one, many pasted lines, or a file of them; and those who wait for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from scim_server.invitations import listing, service
from scim_server.invitations.service import Line, Outcome
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.roles.catalogue import Role, catalogue
from scim_server.users.listing import UserFilters, list_users, read_user
from scim_server.users.policy import Status
from scim_server.web.console.asking import ask
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.lines import read_lines
from scim_server.web.console.visit import requester

# A file of `MAX_FILE_LINES` with long addresses and roles; other forms stay as small as they are.
MAX_FILE_BYTES = 2 * 1024 * 1024
# Lines whose outcome one page tells, the failed ones first.
MAX_TOLD = 1_000
# Fields of requests, as the form calls them.
_FIELDS = {"inviteeEmail": "email", "invites": "many"}
CREATE, DELETE = "organization.invites.create", "organization.invites.delete"


@console.screen("/users/invite", permission=CREATE)
def ask_whom_to_invite() -> Response:
    """Ask for one address, or many."""
    return _form()


@console.screen("/users/invite", "POST", permission=CREATE, max_bytes=MAX_FILE_BYTES)
def invite_members() -> Response:
    """Invite them; of many, say what became of each."""
    form, role = request.form, request.form.get("role", "")
    try:
        pasted = "\n".join((form.get("many", ""), _file()))
        if not pasted.strip():
            found = service.invite(requester(), email=form.get("email", ""), role=role)
            tell(_("%(email)s is invited.", email=found.email))
            return go("users")
        lines = [Line(email, given or role) for email, given in read_lines(pasted)]
        if form.get("email", "").strip():
            lines.insert(0, Line(form["email"], role))
        return _results(service.bulk_invite(requester(), lines, most=service.MAX_FILE_LINES))
    except ScimError as error:
        if error.field in _FIELDS:
            error = InvalidValue(error.detail, field=_FIELDS[error.field])
        return show_again("console/invite.html", error, **_values(role, form.get("email", ""), form.get("many", "")))


@console.screen("/users/invite-waiting", permission=CREATE)
def ask_to_invite_waiting() -> Response:
    """Ask with which role those are invited who wait: all, or the one who is named."""
    return show("console/invite_waiting.html", **_waiting(request.args.get("user")))


@console.screen("/users/invite-waiting", "POST", permission=CREATE)
def invite_waiting() -> Response:
    """Invite them."""
    user_id, role = request.form.get("user"), request.form.get("role", "")
    asked = _waiting(user_id)
    try:
        outcomes = service.invite_waiting(requester(), user_ids=[user_id] if user_id else None, role=role)
    except ScimError as error:
        return show_again("console/invite_waiting.html", error, **asked)
    return _results(outcomes, {user.id: user.full_name for user in asked["chosen"]})


@console.screen("/invitations/<invitation_id>/resend", "POST", permission=CREATE)
def resend_invitation(invitation_id: str) -> Response:
    """Send an invitation again."""
    found = service.resend(requester(), invitation_id)
    tell(_("A new mail is on its way to %(email)s; the link of the earlier one has ended.", email=found.email))
    return go("user", user_id=found.user_id)


@console.screen("/invitations/<invitation_id>/revoke", permission=DELETE)
def ask_to_revoke_invitation(invitation_id: str) -> Response:
    """Say what taking it back does."""
    found = listing.read_invitation(requester().organization_id, invitation_id)
    user = read_user(requester(), found.user_id)
    facts = [_("The link in the mail no longer works. You can invite them again.")]
    if user.is_idp_managed:
        facts.append(_("The identity provider manages this person, who stays here and waits for an invitation."))
    title = _("Take back the invitation of %(email)s?", email=found.email)
    return ask(title, facts, _("Take back"), section="users", back=to("user", user_id=found.user_id))


@console.screen("/invitations/<invitation_id>/revoke", "POST", permission=DELETE)
def revoke_invitation(invitation_id: str) -> Response:
    """Take an invitation back, and with it the User whom it made."""
    found = listing.read_invitation(requester().organization_id, invitation_id)
    service.revoke(requester(), invitation_id)
    tell(_("The invitation of %(email)s is taken back.", email=found.email))
    return go("users")


def grantable_roles() -> list[Role]:
    """Return the Organization roles that the person may give, the least privileged first."""
    authority = requester().authority
    return [role for role in reversed(catalogue().organization.roles) if authority.may_grant(role.name)]


def _file() -> str:
    """Return the text of the file, empty where none was chosen; raises InvalidValue where it is no text."""
    file = request.files.get("file")
    try:
        return file.read().decode() if file is not None else ""
    except UnicodeDecodeError:
        raise InvalidValue(
            _("The file is not in UTF-8. Save it as CSV UTF-8, and choose it again."), field="many"
        ) from None


def _form() -> Response:
    return show("console/invite.html", **_values(catalogue().default, "", ""))


def _values(role: str, email: str, many: str) -> dict[str, Any]:
    limits = {"most": service.MAX_FILE_LINES, "max_bytes": MAX_FILE_BYTES}
    return {"role": role, "email": email, "many": many, "roles": grantable_roles(), **limits}


def _waiting(user_id: str | None) -> dict[str, Any]:
    found, total = list_users(requester(), UserFilters(status=Status.AWAITING_INVITATION), limit=service.MAX_BULK)
    chosen = [user for user in found if user_id in {None, "", user.id}]
    return {
        "chosen": chosen,
        "total": len(chosen) if user_id else total,
        "user_id": user_id or "",
        "role": catalogue().default,
        "roles": grantable_roles(),
    }


def _results(outcomes: list[Outcome], names: Mapping[str, str] = MappingProxyType({})) -> Response:
    """Say what became of each; `names` are those of Users whose ids the outcomes bear."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if not failed:
        tell(ngettext("%(num)d person is invited.", "%(num)d people are invited.", len(outcomes)))
        return go("users")
    told = sorted(outcomes, key=lambda outcome: outcome.error is None)[:MAX_TOLD]
    more = len(outcomes) - len(told)
    return show("console/invited.html", outcomes=told, failed=len(failed), more=more, names=names)

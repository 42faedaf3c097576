"""What takes something away from people, or gives it back: each says what it does before it does it."""

from dataclasses import dataclass

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from scim_server.connections.service import read_connection
from scim_server.invitations import service as invitations
from scim_server.protocol.errors import InvalidValue, NotFound, ScimError
from scim_server.roles.catalogue import catalogue
from scim_server.users import administration, listing
from scim_server.users.listing import UserRecord
from scim_server.users.policy import Status
from scim_server.users.undoing import remove_undoably, undo_removal
from scim_server.web.console.blueprint import console, go, show, tell, to
from scim_server.web.console.visit import current_visit, requester
from scim_server.web.pages import detail_of

DELETE, UPDATE, INVITE = "organization.users.delete", "organization.users.update", "organization.invites.create"
# As many as stand on a page of the list.
MAX_SELECTED = 100
# Refusals that are told one by one.
MAX_TOLD = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before it is done; `facts` name the harm, `is_harm` colours the button."""

    title: str
    facts: list[str]
    button: str
    is_harm: bool = True


@console.screen("/users/<user_id>/remove", permission=DELETE)
def ask_to_remove_user(user_id: str) -> Response:
    """Say what removing takes away."""
    user = listing.read_user(requester(), user_id)
    return show("console/confirm.html", section="users", question=_removal(user), back=to("user", user_id=user_id))


@console.screen("/users/<user_id>/remove", "POST", permission=DELETE)
def remove_user(user_id: str) -> Response:
    """Remove a User."""
    user = listing.read_user(requester(), user_id)
    try:
        remove_undoably(requester(), user_id)
    except ScimError as error:
        return _refused(error, _removal(user), to("user", user_id=user_id))
    told = _("%(name)s was removed from %(organization)s.", name=user.full_name, organization=_here())
    tell(told, undo=[user_id])
    return go("users")


@console.screen("/users/undo", "POST", permission=DELETE)
def undo_removal_of_users() -> Response:
    """Take removals of the last 30 seconds back."""
    ids = request.form.getlist("user")[:MAX_SELECTED]
    for user_id in ids:
        try:
            undo_removal(requester(), user_id)
        except ScimError as error:
            tell(detail_of(error), category="wrong")
        else:
            name = listing.read_user(requester(), user_id).full_name
            tell(_("%(name)s is back, with roles and Teams.", name=name))
    return go("users")


@console.screen("/users/<user_id>/deactivate", permission=UPDATE)
def ask_to_deactivate_user(user_id: str) -> Response:
    """Say what deactivating does."""
    user = listing.read_user(requester(), user_id)
    return show("console/confirm.html", section="users", question=_deactivation(user), back=to("user", user_id=user_id))


@console.screen("/users/<user_id>/deactivate", "POST", permission=UPDATE)
def deactivate_user(user_id: str) -> Response:
    """Deactivate a User."""
    user = listing.read_user(requester(), user_id)
    try:
        administration.deactivate(requester(), user_id)
    except ScimError as error:
        return _refused(error, _deactivation(user), to("user", user_id=user_id))
    tell(_("%(name)s is inactive. Roles and Teams are kept.", name=user.full_name))
    return go("user", user_id=user_id)


@console.screen("/users/<user_id>/reactivate", "POST", permission=UPDATE)
def reactivate_user(user_id: str) -> Response:
    """Give a User back what deactivation took."""
    connection_id = read_connection(requester().organization_id).id
    administration.reactivate(requester(), user_id, connection_id=connection_id)
    tell(_("%(name)s has access again.", name=listing.read_user(requester(), user_id).full_name))
    return go("user", user_id=user_id)


@console.screen("/users/selected", permission=DELETE)
def ask_about_selected() -> Response:
    """Say what is done to all those who were selected."""
    ids = request.args.getlist("user")
    chosen = _selected(ids)
    if not chosen:
        tell(_("Select some people first."), category="warn")
        return go("users")
    question = _of_many(request.args.get("action", ""), chosen)
    fields = [("action", request.args["action"]), *(("user", user.id) for user in chosen)]
    return show("console/confirm.html", section="users", question=question, fields=fields, back=to("users"))


@console.screen("/users/selected", "POST", permission=DELETE)
def change_selected() -> Response:
    """Do it, to each by themselves: whom it cannot be done to is told."""
    chosen = _selected(request.form.getlist("user"))
    action = request.form.get("action", "")
    _of_many(action, chosen)
    refused: list[str] = []
    changed: list[str] = []
    if action == "invite":
        requester().require(INVITE)
        role = catalogue().default
        outcomes = invitations.invite_waiting(requester(), user_ids=[user.id for user in chosen], role=role)
        refused += [detail_of(outcome.error) for outcome in outcomes if outcome.error is not None]
    for user in chosen if action != "invite" else ():
        try:
            (remove_undoably if action == "remove" else administration.deactivate)(requester(), user.id)
            changed.append(user.id)
        except ScimError as error:
            refused.append(f"{user.full_name}: {detail_of(error)}")
    done = len(chosen) - len(refused)
    if done:
        undo = changed if action == "remove" else None
        tell(ngettext("Done for %(num)d person.", "Done for %(num)d people.", done), undo=undo)
    # They travel in a cookie, which is small.
    for text in refused[:MAX_TOLD]:
        tell(text, category="wrong")
    if len(refused) > MAX_TOLD:
        more = len(refused) - MAX_TOLD
        tell(ngettext("And %(num)d more.", "And %(num)d more.", more), category="wrong")
    return go("users")


def _refused(error: ScimError, question: Question, back: str) -> Response:
    alert = detail_of(error)
    return show("console/confirm.html", error.status, section="users", question=question, back=back, alert=alert)


def _selected(ids: list[str]) -> list[UserRecord]:
    """Return those of the Users that are still there."""
    if len(ids) > MAX_SELECTED:
        raise InvalidValue(f"At most {MAX_SELECTED} people can be selected at once.")
    found = []
    for user_id in dict.fromkeys(ids):
        try:
            found.append(listing.read_user(requester(), user_id))
        except NotFound:
            continue
    return found


def _removal(user: UserRecord) -> Question:
    title = _("Remove %(name)s from %(organization)s?", name=user.full_name, organization=_here())
    facts = [_losses(user)]
    if user.status == Status.PENDING:
        facts.append(_("The invitation ends; its link no longer works."))
    if user.is_idp_managed:
        facts.append(
            _("The identity provider manages this person. Unassign them there too, or its next push adds them again.")
        )
    return Question(title, facts, _("Yes, Continue"))


def _losses(user: UserRecord) -> str:
    roles = sum(map(len, user.lower_roles)) + (user.organization_role is not None)
    roles_text = ngettext("%(num)d role", "%(num)d roles", roles)
    teams_text = ngettext("%(num)d Team", "%(num)d Teams", len(user.teams))
    text = _(
        "This ends all access at once: they lose %(roles)s and leave %(teams)s.", roles=roles_text, teams=teams_text
    )
    return str(text)


def _deactivation(user: UserRecord) -> Question:
    facts = [
        _("Access and sessions of this Organization end at once. Roles and Teams are kept, for when they come back."),
        _("The identity provider is told that the account is not active."),
    ]
    return Question(_("Deactivate %(name)s?", name=user.full_name), facts, _("Deactivate"))


def _of_many(action: str, chosen: list[UserRecord]) -> Question:
    number, names = len(chosen), ", ".join(user.full_name for user in chosen)
    if action == "remove":
        title = ngettext("Remove %(num)d person?", "Remove %(num)d people?", number)
        return Question(title, [names, _("Each loses all roles and leaves all Teams.")], _("Yes, Continue"))
    if action == "deactivate":
        title = ngettext("Deactivate %(num)d person?", "Deactivate %(num)d people?", number)
        return Question(title, [names, _("Access ends at once; roles and Teams are kept.")], _("Deactivate"))
    if action == "invite":
        title = ngettext("Invite %(num)d person?", "Invite %(num)d people?", number)
        text = _("Each gets a mail with a link. Whoever does not wait for an invitation is left as they are.")
        return Question(title, [names, text], _("Invite"), is_harm=False)
    raise InvalidValue("There is no such action.")


def _here() -> str:
    return current_visit().organization.name

"""Access Management > Teams: groups of Users, made by hand or pushed by the identity provider."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from scim_server.organizations.details import read_details
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.roles.catalogue import catalogue
from scim_server.roles.requests import RoleLists
from scim_server.teams import administration, listing, roles
from scim_server.teams.listing import TeamFilters, TeamRecord
from scim_server.users.listing import UserFilters, list_users, read_user
from scim_server.web.console.asking import ask
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.inviting import grantable_roles
from scim_server.web.console.paging import asked
from scim_server.web.console.places import place_names
from scim_server.web.console.removing import Question
from scim_server.web.console.users import MAX_SEARCH_LENGTH
from scim_server.web.console.visit import requester

GET, CREATE = "organization.teams.get", "organization.teams.create"
UPDATE, DELETE = "organization.teams.update", "organization.teams.delete"
MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH = 256, 500
# People to choose from; whoever is not among them is searched for.
MAX_CANDIDATES = 50


@console.screen("/teams", permission=GET)
def teams() -> Response:
    """List them."""
    page, search = asked(listing.SORTS, "name"), request.args.get("search", "").strip()[:MAX_SEARCH_LENGTH]
    found, total = listing.list_teams(requester(), TeamFilters(search=search or None), page.order, **page.place)
    provisioned = read_details(requester().organization_id).is_scim_enabled
    return show("console/teams.html", teams=found, search=search, pages=page.pages(total), provisioned=provisioned)


@console.screen("/teams/new", permission=CREATE)
def ask_for_team() -> Response:
    """Ask what a new Team is called."""
    return show("console/new_team.html", **_new("", "", catalogue().default))


@console.screen("/teams/new", "POST", permission=CREATE)
def create_team() -> Response:
    """Make it."""
    form = request.form
    name, description, role = (form.get(each, "").strip() for each in ("name", "description", "organizationRole"))
    try:
        _check(name, description)
        made = administration.create(requester(), name=name, description=description or None, organization_role=role)
    except ScimError as error:
        return show_again("console/new_team.html", error, **_new(name, description, role))
    tell(_("The Team %(name)s is made. Add its members.", name=name))
    return go("team", team_id=made)


@console.screen("/teams/<team_id>", permission=GET)
def team(team_id: str) -> Response:
    """Show a Team, its members, and its roles."""
    return _details(listing.read_team(requester(), team_id))


@console.screen("/teams/<team_id>", "POST", permission=UPDATE)
def update_team(team_id: str) -> Response:
    """Rename, describe, and give it another Organization role."""
    found, form = listing.read_team(requester(), team_id), request.form
    name, description = form.get("name", found.name).strip(), form.get("description", "").strip()
    try:
        _check(name, description)
        administration.update(requester(), team_id, name=name, description=description or None)
        if form.get("organizationRole", found.organization_role) != found.organization_role:
            roles.change_roles(requester(), team_id, RoleLists(form["organizationRole"]))
    except ScimError as error:
        return _details(found, error)
    tell(_("The Team is updated."))
    return go("team", team_id=team_id)


@console.screen("/teams/<team_id>/members/add", permission=UPDATE)
def ask_for_members(team_id: str) -> Response:
    """Let people be found and chosen."""
    found, search = listing.read_team(requester(), team_id), request.args.get("search", "").strip()[:MAX_SEARCH_LENGTH]
    filters = UserFilters(search=search or None)
    people, total = list_users(requester(), filters, [("username", False)], limit=MAX_CANDIDATES)
    return show("console/add_members.html", team=found, people=people, total=total, search=search)


@console.screen("/teams/<team_id>/members/add", "POST", permission=UPDATE)
def add_members(team_id: str) -> Response:
    """Add them."""
    ids = request.form.getlist("user")
    if ids:
        administration.add_members(requester(), team_id, ids)
        tell(ngettext("%(num)d member is added.", "%(num)d members are added.", len(ids)))
    return go("team", team_id=team_id)


@console.screen("/teams/<team_id>/members/<user_id>/remove", permission=UPDATE)
def ask_to_remove_team_member(team_id: str, user_id: str) -> Response:
    """Say what leaving the Team takes."""
    found, user = listing.read_team(requester(), team_id), read_user(requester(), user_id)
    facts = [_("They lose at once what the Team gives; roles of their own and of other Teams stay.")]
    if found.is_idp_managed:
        facts.append(_("The identity provider pushed this Team, and may push them into it again."))
    title = _("Take %(name)s out of %(team)s?", name=user.full_name, team=found.name)
    return ask(title, facts, _("Take out"), section="teams", back=to("team", team_id=team_id))


@console.screen("/teams/<team_id>/members/<user_id>/remove", "POST", permission=UPDATE)
def remove_team_member(team_id: str, user_id: str) -> Response:
    """Take somebody out of the Team."""
    administration.remove_member(requester(), team_id, user_id)
    tell(_("The member is taken out of the Team."))
    return go("team", team_id=team_id)


@console.screen("/teams/<team_id>/delete", permission=DELETE)
def ask_to_delete_team(team_id: str) -> Response:
    """Say what goes with it."""
    found = listing.read_team(requester(), team_id)
    _members, total = listing.list_members(requester(), team_id, limit=1)
    facts = [
        ngettext(
            "%(num)d member loses what the Team gives; their own roles stay.",
            "%(num)d members lose what the Team gives; their own roles stay.",
            total,
        )
    ]
    if found.is_idp_managed:
        facts.append(_("The identity provider pushed this Team, and may push it again."))
    question = Question(_("Delete the Team %(name)s?", name=found.name), facts, _("Yes, Continue"))
    return show("console/confirm.html", section="teams", question=question, back=to("team", team_id=team_id))


@console.screen("/teams/<team_id>/delete", "POST", permission=DELETE)
def delete_team(team_id: str) -> Response:
    """Delete it."""
    name = listing.read_team(requester(), team_id).name
    administration.delete(requester(), team_id)
    tell(_("The Team %(name)s is deleted.", name=name))
    return go("teams")


def _check(name: str, description: str) -> None:
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A Team's name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")
    if len(description) > MAX_DESCRIPTION_LENGTH:
        raise InvalidValue(f"A description has at most {MAX_DESCRIPTION_LENGTH} characters.", field="description")


def _new(name: str, description: str, role: str) -> dict[str, Any]:
    provisioned = read_details(requester().organization_id).is_scim_enabled
    return {
        "name": name,
        "description": description,
        "role": role,
        "roles": grantable_roles(),
        "provisioned": provisioned,
    }


def _details(found: TeamRecord, error: ScimError | None = None) -> Response:
    page = asked((), "id")
    members, total = listing.list_members(requester(), found.id, **page.place)
    places = (*found.workspace_roles, *found.deployment_roles, *found.dag_roles)
    values: dict[str, Any] = {
        "team": found,
        "members": members,
        "pages": page.pages(total),
        "names": place_names(requester()) if places else {},
        "roles": grantable_roles(),
        "provisioned": read_details(requester().organization_id).is_scim_enabled,
    }
    return show("console/team.html", **values) if error is None else show_again("console/team.html", error, **values)

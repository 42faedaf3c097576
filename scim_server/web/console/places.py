"""Roles on Workspaces, Deployments and Dags, of Users and of Teams: give, change and take one of them."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from scim_server.protocol.errors import Forbidden, InvalidValue, ScimError
from scim_server.roles.authority import Requester
from scim_server.roles.catalogue import catalogue
from scim_server.roles.custom import list_custom_roles
from scim_server.roles.places import PlaceScope
from scim_server.roles.requests import Named, RoleLists, Wanted
from scim_server.teams import listing as team_listing
from scim_server.teams import roles as team_roles
from scim_server.users import listing as user_listing
from scim_server.users import roles as user_roles
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.removing import Question
from scim_server.web.console.visit import requester
from scim_server.workspaces.deployments import list_deployments
from scim_server.workspaces.listing import Query
from scim_server.workspaces.service import list_workspaces

# In a list to choose from.
MAX_PLACES = 1_000
_ALL = Query(offset=0, limit=MAX_PLACES)


@console.screen("/<any(users, teams):kind>/<subject_id>/roles/<scope>", permission=None)
def ask_for_place_role(kind: str, subject_id: str, scope: str) -> Response:
    """Ask for a place and a role there; both are chosen already where one is to be changed."""
    return show("console/place_role.html", **_asked(kind, subject_id, _scope(scope), request.args.to_dict()))


@console.screen("/<any(users, teams):kind>/<subject_id>/roles/<scope>", "POST", permission=None)
def give_place_role(kind: str, subject_id: str, scope: str) -> Response:
    """Give the role, in place of one that is held there already."""
    place_scope, form = _scope(scope), request.form.to_dict()
    try:
        target_id, dag_id, dag_tag = _named(place_scope, form)[1:]
        wanted = Wanted(place_scope, target_id, form.get("role", ""), "roles.0", "target", dag_id, dag_tag)
        _change(kind, subject_id, RoleLists(None, {place_scope: (wanted,)}, keeps_others=True))
    except ScimError as error:
        named = error.field or ""
        field = "role" if named.endswith("role") else "dag" if "dag" in named else "target" if named else None
        shown = InvalidValue(error.detail, field=field) if field else error
        return show_again("console/place_role.html", shown, **_asked(kind, subject_id, place_scope, form))
    tell(_("The role is given."))
    return _back(kind, subject_id)


@console.screen("/<any(users, teams):kind>/<subject_id>/roles/<scope>/remove", permission=None)
def ask_to_take_place_role(kind: str, subject_id: str, scope: str) -> Response:
    """Say which role is taken."""
    _scope(scope)
    name, values = _subject(kind, subject_id), request.args.to_dict()
    place = place_names(requester()).get(values.get("target", ""), values.get("target", ""))
    title = _("Take the role on %(place)s from %(name)s?", place=values.get("dag") or place, name=name)
    text = _("What the role permitted there ends at once. Roles by Teams are not touched.")
    fields = [(key, values.get(key, "")) for key in ("target", "dag", "by")]
    question = Question(title, [text], _("Yes, Continue"))
    return show("console/confirm.html", section=kind, question=question, fields=fields, back=_address(kind, subject_id))


@console.screen("/<any(users, teams):kind>/<subject_id>/roles/<scope>/remove", "POST", permission=None)
def take_place_role(kind: str, subject_id: str, scope: str) -> Response:
    """Take the role."""
    place = _named(_scope(scope), request.form.to_dict())
    _change(kind, subject_id, RoleLists(keeps_others=True, taken=(place,)))
    tell(_("The role is taken."))
    return _back(kind, subject_id)


def place_names(asks: Requester, *, deployments: bool = True) -> dict[str, str]:
    """Return the names of Workspaces and Deployments by their ids, as far as the person may see them."""
    try:
        found = {each.id: each.name for each in list_workspaces(asks, _ALL).records}
        if deployments:
            found |= {each.id: each.name for each in list_deployments(asks, _ALL).records}
    except Forbidden:
        return {}
    return found


def _scope(text: str) -> PlaceScope:
    try:
        return PlaceScope(text.upper())
    except ValueError:
        raise InvalidValue("Roles are held on a workspace, a deployment or a dag.") from None


def _asked(kind: str, subject_id: str, scope: PlaceScope, values: dict[str, str]) -> dict[str, Any]:
    asks, found = requester(), catalogue().scopes[scope.catalogue_name]
    custom, _total = list_custom_roles(asks.organization_id, scopes=[scope.value], offset=0, limit=MAX_PLACES)
    listed = list_workspaces(asks, _ALL) if scope is PlaceScope.WORKSPACE else list_deployments(asks, _ALL)
    return {
        "kind": kind,
        "subject": _subject(kind, subject_id),
        "scope": scope.catalogue_name,
        "targets": [(each.id, each.name) for each in listed.records],
        "options": [(role.name, role.title) for role in reversed(found.roles)]
        + [(role.name, role.name) for role in custom],
        "values": {"by": "id", "target": "", "dag": "", "role": "", **values},
        "back": _address(kind, subject_id),
    }


def _named(scope: PlaceScope, values: dict[str, str]) -> Named:
    dag = (values.get("dag", "").strip() or None) if scope is PlaceScope.DAG else None
    by_tag = values.get("by") == "tag"
    return Named(scope, values.get("target", ""), None if by_tag else dag, dag if by_tag else None)


def _change(kind: str, subject_id: str, lists: RoleLists) -> None:
    change = user_roles.change_roles if kind == "users" else team_roles.change_roles
    change(requester(), subject_id, lists)


def _subject(kind: str, subject_id: str) -> str:
    """Return the name of a User or Team."""
    if kind == "users":
        return user_listing.read_user(requester(), subject_id).full_name
    return team_listing.read_team(requester(), subject_id).name


def _address(kind: str, subject_id: str) -> str:
    return to("user", user_id=subject_id) if kind == "users" else to("team", team_id=subject_id)


def _back(kind: str, subject_id: str) -> Response:
    return go("user", user_id=subject_id) if kind == "users" else go("team", team_id=subject_id)

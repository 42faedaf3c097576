"""Access Management > Roles: what each role permits, and roles of the Organization's own."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from scim_server.protocol.errors import ScimError
from scim_server.roles import custom
from scim_server.roles.catalogue import catalogue
from scim_server.roles.custom import CustomRoleDraft, CustomRoleRecord
from scim_server.roles.places import PlaceScope
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.paging import asked
from scim_server.web.console.places import place_names
from scim_server.web.console.removing import Question
from scim_server.web.console.visit import requester

GET, CREATE = "organization.roles.get", "organization.roles.create"
UPDATE, DELETE = "organization.roles.update", "organization.roles.delete"
_WITH_CUSTOM = [scope for scope in PlaceScope if catalogue().scopes[scope.catalogue_name].custom_permissions]


@console.screen("/roles", permission=GET)
def roles() -> Response:
    """Show the default roles of each scope, and the Organization's own."""
    page = asked((), "name")
    found, total = custom.list_custom_roles(
        requester().organization_id, scopes=[scope.value for scope in PlaceScope], **page.place
    )
    return show("console/roles.html", scopes=catalogue().scopes, custom=found, pages=page.pages(total))


@console.screen("/roles/new", permission=CREATE)
def ask_for_role() -> Response:
    """Ask what a new role permits; it may begin with a template."""
    scope = _scope(request.args.get("scope", ""))
    templates = catalogue().scopes[scope.catalogue_name].templates
    chosen = next((each for each in templates if each.name == request.args.get("template")), None)
    draft = CustomRoleDraft("", None, chosen.permissions if chosen else ())
    return show("console/edit_role.html", **_form(scope, draft))


@console.screen("/roles/new", "POST", permission=CREATE)
def create_role() -> Response:
    """Make it."""
    scope, draft = _scope(request.form.get("scope", "")), _draft()
    try:
        custom.create_custom_role(requester(), scope, draft)
    except ScimError as error:
        return show_again("console/edit_role.html", error, **_form(scope, draft))
    tell(_("The role %(name)s is made.", name=draft.name))
    return go("roles")


@console.screen("/roles/<role_id>", permission=GET)
def role(role_id: str) -> Response:
    """Show a custom role, to be changed."""
    return show("console/edit_role.html", **_form_of(_found(role_id)))


@console.screen("/roles/<role_id>", "POST", permission=UPDATE)
def update_role(role_id: str) -> Response:
    """Change it; whoever holds it keeps it."""
    found, draft = _found(role_id), _draft()
    try:
        custom.change_custom_role(requester(), role_id, draft)
    except ScimError as error:
        return show_again("console/edit_role.html", error, **_form(PlaceScope(found.scope), draft, found))
    tell(_("The role %(name)s is updated.", name=draft.name))
    return go("roles")


@console.screen("/roles/<role_id>/delete", permission=DELETE)
def ask_to_delete_role(role_id: str) -> Response:
    """Say what is deleted."""
    return _deletion(_found(role_id))


@console.screen("/roles/<role_id>/delete", "POST", permission=DELETE)
def delete_role(role_id: str) -> Response:
    """Delete it, unless somebody holds it."""
    found = _found(role_id)
    try:
        custom.delete_custom_role(requester(), role_id)
    except ScimError as error:
        return _deletion(found, error)
    tell(_("The role %(name)s is deleted.", name=found.name))
    return go("roles")


def _found(role_id: str) -> CustomRoleRecord:
    return custom.find_custom_role(requester().organization_id, role_id)


def _scope(text: str) -> PlaceScope:
    return next((scope for scope in _WITH_CUSTOM if scope.value == text.upper()), _WITH_CUSTOM[0])


def _draft() -> CustomRoleDraft:
    form = request.form
    return CustomRoleDraft(
        form.get("name", "").strip(),
        form.get("description", "").strip() or None,
        form.getlist("permission"),
        form.getlist("workspace"),
    )


def _form_of(found: CustomRoleRecord) -> dict[str, Any]:
    draft = CustomRoleDraft(found.name, found.description, found.permissions, found.restricted_workspace_ids)
    return _form(PlaceScope(found.scope), draft, found)


def _form(scope: PlaceScope, draft: CustomRoleDraft, found: CustomRoleRecord | None = None) -> dict[str, Any]:
    of_scope = catalogue().scopes[scope.catalogue_name]
    groups: dict[str, list[str]] = {}
    for permission in sorted(of_scope.custom_permissions):
        groups.setdefault(permission.rpartition(".")[0], []).append(permission)
    workspaces = place_names(requester(), deployments=False)
    return {
        "role": found,
        "draft": draft,
        "scope": scope,
        "scopes": _WITH_CUSTOM,
        "templates": of_scope.templates,
        "groups": groups,
        "workspaces": workspaces,
    }


def _deletion(found: CustomRoleRecord, error: ScimError | None = None) -> Response:
    question = Question(
        _("Delete the role %(name)s?", name=found.name), [_("Nobody can be given it any more.")], _("Yes, Continue")
    )
    values: dict[str, Any] = {"section": "roles", "question": question, "back": to("role", role_id=found.id)}
    page = "console/confirm.html"
    return show(page, **values) if error is None else show_again(page, error, **values)

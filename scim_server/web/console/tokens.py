"""Access Management > API Tokens: made and rotated with their text shown once, and deleted by typing."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from scim_server.database import reading
from scim_server.protocol.errors import InvalidValue, ScimError
from scim_server.roles.catalogue import catalogue
from scim_server.tokens import administration
from scim_server.tokens.administration import ApiToken, TokenQuery
from scim_server.tokens.policy import MAX_EXPIRY_DAYS, Kind, TokenRequest
from scim_server.users.subjects import Actor, subjects_of
from scim_server.web.console.blueprint import console, go, show, show_again, tell, to
from scim_server.web.console.inviting import grantable_roles
from scim_server.web.console.paging import LIMIT, asked
from scim_server.web.console.removing import Question
from scim_server.web.console.visit import requester

GET, CREATE = "organization.tokens.get", "organization.tokens.create"
UPDATE, DELETE = "organization.tokens.update", "organization.tokens.delete"
MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH = 256, 500
# What is typed to delete one, in every language: it stands on the screen.
WORD = "Delete"
# Minutes that the old secret stays good beside the new one, to choose from.
OVERLAPS = (0, 60, 1_440)


@console.screen("/tokens", permission=GET)
def tokens() -> Response:
    """List them."""
    page = asked(administration.SORTS, "createdAt")
    found, total = administration.list_tokens(
        requester(), TokenQuery(limit=LIMIT, offset=page.offset, order=page.order)
    )
    return show("console/tokens.html", tokens=found, makers=_makers(found), pages=page.pages(total))


@console.screen("/tokens/new", permission=CREATE)
def ask_for_token() -> Response:
    """Ask what a new token is for."""
    return show("console/new_token.html", **_new({"role": catalogue().default, "kind": Kind.STANDARD.value}))


@console.screen("/tokens/new", "POST", permission=CREATE)
def create_token() -> Response:
    """Make it, and show its text this once."""
    form = request.form.to_dict()
    try:
        wanted = _wanted(form)
        made, text = administration.create_token(requester(), wanted)
    except (ScimError, ValueError) as error:
        shown = error if isinstance(error, ScimError) else InvalidValue(str(error), field="role")
        return show_again("console/new_token.html", shown, **_new(form))
    return show("console/token_shown.html", token=made, text=text, is_new=True)


@console.screen("/tokens/<token_id>", permission=GET)
def token(token_id: str) -> Response:
    """Show a token, without its text."""
    return _details(administration.find_token(requester(), token_id))


@console.screen("/tokens/<token_id>", "POST", permission=UPDATE)
def update_token(token_id: str) -> Response:
    """Name and describe it."""
    found = administration.find_token(requester(), token_id)
    name, description = request.form.get("name", "").strip(), request.form.get("description", "").strip()
    try:
        _check(name, description)
        administration.change_token(requester(), token_id, name=name, description=description or None)
    except ScimError as error:
        return _details(found, error)
    tell(_("The token is updated."))
    return go("token", token_id=token_id)


@console.screen("/tokens/<token_id>/rotate", permission=UPDATE)
def ask_to_rotate_token(token_id: str) -> Response:
    """Ask how long the old text stays good."""
    found = administration.find_token(requester(), token_id)
    return show("console/rotate_token.html", token=found, overlaps=OVERLAPS)


@console.screen("/tokens/<token_id>/rotate", "POST", permission=UPDATE)
def rotate_token(token_id: str) -> Response:
    """Give it a new text, shown this once."""
    overlap = request.form.get("overlap", 0, type=int)
    minutes = overlap if overlap in OVERLAPS else 0
    made, text = administration.rotate_token(requester(), token_id, overlap_minutes=minutes)
    return show("console/token_shown.html", token=made, text=text, is_new=False)


@console.screen("/tokens/<token_id>/delete", permission=DELETE)
def ask_to_delete_token(token_id: str) -> Response:
    """Say what stops, and ask to type the word."""
    return _deletion(administration.find_token(requester(), token_id))


@console.screen("/tokens/<token_id>/delete", "POST", permission=DELETE)
def delete_token(token_id: str) -> Response:
    """Delete it, where the word was typed."""
    found = administration.find_token(requester(), token_id)
    if request.form.get("typed", "").strip() != WORD:
        return _deletion(found, InvalidValue(_("Type %(word)s, to be sure.", word=WORD), field="typed"))
    administration.delete_token(requester(), token_id)
    tell(_("The token %(name)s is deleted.", name=found.name))
    return go("tokens")


def _wanted(form: dict[str, str]) -> TokenRequest:
    name, description = form.get("name", "").strip(), form.get("description", "").strip()
    _check(name, description)
    days, is_scim = form.get("days", "").strip(), form.get("kind") == Kind.SCIM.value
    if days and (not days.isdecimal() or not 1 <= int(days) <= MAX_EXPIRY_DAYS):
        raise InvalidValue(_("Write 1 to %(most)d days, or nothing.", most=MAX_EXPIRY_DAYS), field="days")
    return TokenRequest(
        name=name,
        description=description or None,
        kind=Kind.SCIM if is_scim else Kind.STANDARD,
        role=None if is_scim else form.get("role", ""),
        expires_in_days=int(days) if days else None,
    )


def _check(name: str, description: str) -> None:
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidValue(f"A token's name has 1 to {MAX_NAME_LENGTH} printable characters.", field="name")
    if len(description) > MAX_DESCRIPTION_LENGTH:
        raise InvalidValue(f"A description has at most {MAX_DESCRIPTION_LENGTH} characters.", field="description")


def _new(values: dict[str, str]) -> dict[str, Any]:
    kept = {"name": "", "description": "", "days": "", "role": "", "kind": Kind.STANDARD.value, **values}
    return {"values": kept, "roles": grantable_roles(), "most": MAX_EXPIRY_DAYS}


def _details(found: ApiToken, error: ScimError | None = None) -> Response:
    values: dict[str, Any] = {"token": found, "maker": _makers([found])[found.id]}
    return show("console/token.html", **values) if error is None else show_again("console/token.html", error, **values)


def _deletion(found: ApiToken, error: ScimError | None = None) -> Response:
    facts = [_("Whatever uses it is refused from the next request on. This cannot be undone.")]
    if found.serves_scim:
        facts.append(_("It serves SCIM: provisioning with it stops."))
    question = Question(_("Delete the token %(name)s?", name=found.name), facts, _("Yes, Continue"))
    values: dict[str, Any] = {
        "section": "tokens",
        "question": question,
        "typed": WORD,
        "back": to("token", token_id=found.id),
    }
    page = "console/confirm.html"
    return show(page, **values) if error is None else show_again(page, error, **values)


def _makers(found: list[ApiToken]) -> dict[str, str | None]:
    """Return who made each token, by its id."""
    actors = {token.id: Actor(token.created_by_type, token.created_by_id) for token in found}
    with reading() as connection:
        subjects = subjects_of(connection, requester().organization_id, actors.values())
    told = {id_: subjects[actor] or {} for id_, actor in actors.items()}
    return {id_: each.get("fullName") or each.get("apiTokenName") or each.get("username") for id_, each in told.items()}

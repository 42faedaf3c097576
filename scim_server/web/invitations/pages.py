"""GET shows an invitation and changes nothing, as mail scanners follow links; only POST answers it (IN09).

The pages load nothing from elsewhere, run no script, and go nowhere but back to this server (IN10, IN15). Whoever
answers has the link, which no other site can know; only a form that makes an Account, and so signs in, is protected.
"""

from typing import Any

import orjson
from flask import Flask, Response, current_app, request, session
from flask_babel import lazy_gettext

from scim_server.accounts.service import AccountRecord, find_account, find_by_email
from scim_server.accounts.sign_on import sign_on_of
from scim_server.audit.service import ActorType, Origin
from scim_server.database.transactions import at_most_twice
from scim_server.invitations import answers
from scim_server.invitations.errors import Gone
from scim_server.invitations.listing import InvitationRecord
from scim_server.protocol.errors import InvalidValue, NotFound, ScimError, TooManyRequests, Unauthorized, Unavailable
from scim_server.protocol.json_body import read_object
from scim_server.protocol.limits import MAX_BODY_BYTES
from scim_server.roles.catalogue import UnknownRole, catalogue
from scim_server.web.auth.blueprint import HOME
from scim_server.web.auth.signing_in import begin
from scim_server.web.errors import answer as answer_error
from scim_server.web.errors import known_error
from scim_server.web.pages import PagesBlueprint, detail_of, page, said
from scim_server.web.pages.blueprint import protect_form
from scim_server.web.pages.cookies import remember, signed_in
from scim_server.web.pages.translations import moment
from scim_server.web.rate_limit import RateLimiter
from scim_server.web.requests import origin

invitations = PagesBlueprint(
    "invitations", __name__, protects=False, url_prefix="/invitations", template_folder="templates"
)

# Links that lead nowhere, a second and at once, that one address may try (IN07).
MISSES_PER_SECOND = 1.0
MISSES_AT_ONCE = 50
ACCEPT, REJECT = "accept", "reject"
_LIMITER = "invitation_rate_limiter"
_TITLES = {
    403: lazy_gettext("This invitation cannot be accepted"),
    404: lazy_gettext("There is no such invitation"),
    429: lazy_gettext("Too many attempts"),
}
_ENDED, _FAILED = lazy_gettext("This invitation has ended"), lazy_gettext("That did not work")


def set_up_invitations(app: Flask) -> None:
    """Register the pages, with a limit to guessing."""
    app.extensions[_LIMITER] = RateLimiter(MISSES_PER_SECOND, MISSES_AT_ONCE)
    app.register_blueprint(invitations)


@invitations.get("/<token>")
def show(token: str) -> Response:
    """Show who invites to what, with a button for each answer."""
    found = answers.preview(token)
    if _wants_json():
        return _json(
            {
                "inviteId": found.id,
                "organizationId": found.organization_id,
                "organizationName": found.organization_name,
                "inviteeEmail": found.email,
                "inviterName": found.inviter.name,
                "role": found.role,
                "expiresAt": found.expires_at,
            }
        )
    return _invitation_page(found)


@invitations.post("/<token>")
def answer(token: str) -> Response:
    """Accept or reject: `answer` of a form, or `inviteStatus` of a JSON object."""
    chosen = _chosen()
    person = origin(ActorType.USER, "")
    if chosen == REJECT:
        name = at_most_twice(lambda: answers.reject(token, person))
        return _done({"inviteStatus": REJECT, "organizationName": name}, "rejected.html", organization_name=name)
    account = _present_account()
    if account is not None:
        return _joined(at_most_twice(lambda: answers.accept(token, person, account)))
    found = answers.preview(token)
    if _wants_json():
        raise Unauthorized("Sign in with the invited address first, or open the link in a browser.")
    return _accept_signed_out(token, found, person)


def _accept_signed_out(token: str, found: InvitationRecord, person: Origin) -> Response:
    """Have whoever has an Account sign in and come back, and make one for everybody else."""
    sign_on = sign_on_of(found.email)
    if sign_on is not None and (sign_on.is_required or find_by_email(found.email) is not None):
        # A login there answers an invitation of the same Organization by itself.
        is_answered = sign_on.organization_id == found.organization_id
        return begin(found.email, HOME if is_answered else f"/invitations/{token}")
    if find_by_email(found.email) is not None:
        return begin(found.email, f"/invitations/{token}")
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if not name and not password:
        return _invitation_page(found, asks=True)
    protect_form()
    try:
        joined, secret = answers.accept_as_newcomer(token, person, name=name, password=password)
    except (InvalidValue, Unavailable) as error:
        return _invitation_page(found, error, asks=True)
    session.clear()
    remember(secret)
    return _joined(joined)


def _present_account() -> AccountRecord | None:
    present = signed_in()
    return None if present is None else find_account(present.account_id)


def _joined(joined: answers.Joined) -> Response:
    told = {
        "inviteStatus": ACCEPT,
        "organizationId": joined.organization_id,
        "organizationName": joined.organization_name,
        "userId": joined.user_id,
        "role": joined.role,
    }
    title = _title(joined.role)
    return _done(told, "accepted.html", organization_name=joined.organization_name, role_title=title)


@invitations.errorhandler(Exception)
def explain(unexpected: Exception) -> Response:
    """Say to people what went wrong and what to do; programs get what they get everywhere."""
    error = known_error(unexpected)
    if isinstance(error, NotFound):
        limiter: RateLimiter = current_app.extensions[_LIMITER]
        seconds = limiter.wait(request.remote_addr or "")
        if seconds:
            error = TooManyRequests(retry_after=seconds)
    response = answer_error(error)
    if _wants_json():
        return response
    title, detail = _ENDED if isinstance(error, Gone) else _TITLES.get(error.status, _FAILED), detail_of(error)
    shown = _page("refused.html", error.status, title=title, detail=detail, can_sign_out=signed_in() is not None)
    shown.headers.extend((name, value) for name, value in response.headers if name in {"Retry-After", "X-Request-Id"})
    return shown


def _chosen() -> str:
    if request.is_json:
        request.max_content_length = MAX_BODY_BYTES
        chosen = read_object(request.get_data(), max_bytes=MAX_BODY_BYTES).get("inviteStatus")
        name = "inviteStatus"
    else:
        chosen, name = request.form.get("answer"), "answer"
    if not isinstance(chosen, str) or chosen not in {ACCEPT, REJECT}:
        raise InvalidValue(f"{name}: send '{ACCEPT}' or '{REJECT}'.", field=name)
    return chosen


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    return request.is_json or accepted["application/json"] > accepted["text/html"]


def _shown(found: InvitationRecord) -> dict[str, Any]:
    return {
        "organization_name": found.organization_name,
        "inviter_name": said(found.inviter.name),
        "role_title": _title(found.role),
        "email": found.email,
        "expires_at": moment(found.expires_at),
    }


def _title(role: str) -> str:
    try:
        return catalogue().organization.role(role).title
    except UnknownRole:  # it left the catalogue since
        return role


def _done(told: dict[str, Any], template: str, **values: str) -> Response:
    return _json(told) if _wants_json() else _page(template, 200, **values)


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), mimetype="application/json")


def _page(template: str, status: int, **values: Any) -> Response:
    return page(f"invitations/{template}", status, **values)


def _invitation_page(found: InvitationRecord, error: ScimError | None = None, *, asks: bool = False) -> Response:
    """Show an invitation; `asks` shows the fields of a new Account at once, `error` what was wrong with them."""
    account = _present_account()
    sign_on = sign_on_of(found.email)
    is_required = sign_on is not None and sign_on.is_required
    is_known = account is not None or is_required or find_by_email(found.email) is not None
    detail = detail_of(error) if error is not None else ""
    fields = {error.field: detail} if error is not None and error.field else {}
    return _page(
        "invitation.html",
        200 if error is None else error.status,
        **_shown(found),
        errors=fields,
        alert="" if fields else detail,
        asks=asks,
        is_known=is_known,
        present_email=account.email if account is not None else None,
        name=request.form.get("name", ""),
    )

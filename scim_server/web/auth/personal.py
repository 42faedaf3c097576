"""One's own page: who one is, where one is a member, how one signs in, and where one is signed in."""

from typing import Any

from flask import Response, request

from scim_server.accounts import changes, members, passkeys, second_factors, sessions
from scim_server.accounts.changes import confirm_password, own_account, require_recent
from scim_server.database import transaction
from scim_server.protocol.errors import ScimError
from scim_server.web.auth.blueprint import HOME, again, auth, go, here, local_path, person
from scim_server.web.pages import page
from scim_server.web.pages.cookies import remember


@auth.get("/me")
def me() -> Response:
    """Show it."""
    return _own_page()


@auth.post("/me/name")
def rename() -> Response:
    """Change the name."""
    try:
        changes.rename(person(), request.form.get("name", ""))
    except ScimError as error:
        return _own_page(error)
    return go(HOME)


@auth.post("/me/confirm")
def confirm() -> Response:
    """Check the password once more, and go on to what needs it."""
    signed_in, wanted = person(), local_path(request.form.get("next"))
    try:
        remember(confirm_password(signed_in, request.form.get("password", ""), here()))
    except changes.SessionOfOneOrganization:
        raise
    except ScimError as error:
        return again("auth/confirm.html", error, next=wanted)
    return go(wanted)


@auth.get("/me/password")
def ask_for_password() -> Response:
    """Ask for the new password."""
    return page("auth/reset.html", email=require_recent(person()).email)


@auth.post("/me/password")
def change_password() -> Response:
    """Change the password, which ends all other sessions."""
    signed_in = person()
    account = require_recent(signed_in)
    try:
        remember(changes.change_password(signed_in, request.form.get("password", ""), here()))
    except ScimError as error:
        return again("auth/reset.html", error, email=account.email)
    text = "All your other sessions have ended."
    return page("auth/told.html", title="Your password is changed", text=text, link=HOME)


@auth.get("/me/email")
def ask_for_email() -> Response:
    """Ask for the new address."""
    return page("auth/new_email.html", present=require_recent(person()).email, email="")


@auth.post("/me/email")
def change_email() -> Response:
    """Send a link to the old and the new address."""
    signed_in, email = person(), request.form.get("email", "")
    account = require_recent(signed_in)
    try:
        address = changes.ask_to_change_email(signed_in, email)
    except ScimError as error:
        return again("auth/new_email.html", error, present=account.email, email=email[:320])
    text = f"Use the link in both: {account.email} and {address}."
    return page("auth/told.html", title="Two mails are on their way", text=text, link=HOME)


@auth.post("/me/sessions/<session_id>/end")
def end_session(session_id: str) -> Response:
    """End one session, this one too."""
    signed_in = person()
    sessions.end(signed_in.account_id, session_id, here(), organization_id=signed_in.organization_id)
    return go(HOME)


@auth.post("/me/sessions/end-others")
def end_other_sessions() -> Response:
    """End all sessions but this one."""
    signed_in = person()
    own_account(signed_in)
    with transaction() as connection:
        sessions.end_all(connection, signed_in.account_id, but=signed_in.session_id)
    return go(HOME)


def _own_page(error: ScimError | None = None) -> Response:
    signed_in = person()
    whole = signed_in.organization_id is None
    values: dict[str, Any] = {
        "person": signed_in,
        "whole": whole,
        "organizations": members.organizations_of(signed_in.account_id, signed_in.organization_id),
        "sessions": sessions.list_sessions(signed_in.account_id, signed_in.organization_id),
        "factors": second_factors.list_factors(signed_in.account_id) if whole else [],
        "has_passkeys": passkeys.are_possible(),
        "codes_left": second_factors.recovery_codes_left(signed_in.account_id) if whole else 0,
    }
    return page("auth/me.html", **values) if error is None else again("auth/me.html", error, **values)

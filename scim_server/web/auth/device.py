"""Let a command line or another device in: type in its code, see what asks and from where, answer (RFC 8628 §3.3)."""

from flask import Response, request
from flask_babel import gettext as _

from scim_server.accounts import devices
from scim_server.accounts.changes import require_recent
from scim_server.accounts.device_policy import USER_CODE_LENGTH, normal_user_code, shown_user_code
from scim_server.accounts.devices import Asking, NoSuchCode
from scim_server.accounts.members import organizations_of
from scim_server.accounts.sessions import SignedIn
from scim_server.protocol.errors import ScimError
from scim_server.web.auth.blueprint import again, auth, go, here, person
from scim_server.web.pages import page

_APPROVE = "approve"


@auth.get("/device")
def ask_for_code() -> Response:
    """Ask for the code that the device shows."""
    person()
    return page("auth/device.html", code="")


@auth.post("/device")
def read_code() -> Response:
    """Go on to what shows this code."""
    signed_in, typed = person(), request.form.get("user_code", "")[:100]
    code = normal_user_code(typed)
    try:
        if len(code) != USER_CODE_LENGTH:
            raise NoSuchCode(field="user_code")
        devices.look(signed_in, code, here())
    except ScimError as error:
        return again("auth/device.html", error, code=typed)
    return go(f"/device/{shown_user_code(code)}")


@auth.get("/device/<user_code>")
def show_device(user_code: str) -> Response:
    """Show what asks, and from where."""
    signed_in = _approver()
    try:
        asking = devices.look(signed_in, user_code, here())
    except ScimError as error:
        return again("auth/device.html", error, code=user_code[:100])
    return _device_page(signed_in, asking, user_code)


@auth.post("/device/<user_code>")
def answer_device(user_code: str) -> Response:
    """Let the device in, or keep it out."""
    signed_in, form = _approver(), request.form
    try:
        asking = devices.look(signed_in, user_code, here())
        if form.get("answer") != _APPROVE:
            devices.deny(signed_in, user_code, here())
            text = _(
                "Nothing was let in. If you did not start this login yourself, somebody may have wanted your access."
            )
            return page("auth/told.html", title=_("Login declined"), text=text)
        devices.approve(signed_in, user_code, form.get("organization", ""), here())
    except ScimError as error:
        return again("auth/device.html", error, code=user_code[:100])
    text = _(
        "%(name)s is logged in as you. You can close this page; where you are logged in stands here:",
        name=asking.device_name,
    )
    return page("auth/told.html", title=_("Logged in"), text=text, link="/me")


def _approver() -> SignedIn:
    """Return who answers: whoever can show their password has done it a moment ago."""
    signed_in = person()
    if signed_in.organization_id is None:
        require_recent(signed_in)
    return signed_in


def _device_page(signed_in: SignedIn, asking: Asking, user_code: str) -> Response:
    organizations = organizations_of(signed_in.account_id, signed_in.organization_id)
    code = shown_user_code(normal_user_code(user_code))
    return page("auth/device_asking.html", asking=asking, code=code, person=signed_in, organizations=organizations)

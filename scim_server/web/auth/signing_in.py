"""Sign in: first the address; then the identity provider of its domain, or a password and a second factor. Sign out."""

from contextlib import suppress
from urllib.parse import urlencode

from flask import Response, request, session
from flask_babel import gettext as _

from scim_server.accounts import bypass, passkeys, second_factors, sessions, signing_in
from scim_server.accounts.links import public_url
from scim_server.accounts.service import normal_email
from scim_server.accounts.sign_on import SignOn, SignOnRequired, sign_on_of
from scim_server.accounts.signing_in import Entered, SecondStep, StepExpired
from scim_server.protocol.errors import InvalidValue, NotFound, ScimError
from scim_server.sso.logging_out import login_elsewhere, logout_url
from scim_server.web.auth.blueprint import again, auth, go, here, local_path
from scim_server.web.pages import detail_of, page
from scim_server.web.pages.cookies import forget, remember, signed_in

_EMAIL, _NEXT, _STEP, _BYPASS = "email", "next", "step", "bypass"
_WITH_PASSWORD = "password"  # noqa: S105 - a way of signing in, no secret


@auth.get("/login")
def login() -> Response:
    """Ask for the address."""
    wanted = local_path(request.args.get("next"))
    if signed_in() is not None:
        return go(wanted)
    bypassed = bypass.find(session.get(_BYPASS, ""))
    email = request.args.get("email", "")[:320]
    return page("auth/login.html", next=wanted, email=email, bypassed=bypassed.name if bypassed else "")


@auth.get("/login/bypass/<secret>")
def bypass_sign_on(secret: str) -> Response:
    """Have this browser go around an Organization's single sign-on until somebody has signed in by it."""
    bypass.look(secret, here())
    session[_BYPASS] = secret
    return go("/login")


@auth.post("/login")
def login_email() -> Response:
    """Go on with how this address signs in; whether it has an Account, nobody learns."""
    email, wanted = request.form.get("email", ""), local_path(request.form.get("next"))
    try:
        email = normal_email(email)
    except InvalidValue as error:
        return again("auth/login.html", error, next=wanted, email=email[:320])
    return begin(email, wanted, with_password=request.form.get("way") == _WITH_PASSWORD)


def begin(email: str, wanted: str, *, with_password: bool = False) -> Response:
    """Ask somebody whose address is known to sign in, and to come back to a path of this server."""
    session[_EMAIL], session[_NEXT] = email, wanted
    found = None if with_password else sign_on_of(email)
    return go("/login/password" if found is None or _is_bypassed(found) else "/login/sign-on")


@auth.get("/login/sign-on")
def leave_for_sign_on() -> Response:
    """Leave for the identity provider of the address's domain."""
    email = session.get(_EMAIL)
    found = sign_on_of(email) if email is not None else None
    if found is None:
        return go("/login" if email is None else "/login/password")
    query = urlencode({"email": email, "next": session.get(_NEXT, "")})
    text = _("You sign in at the identity provider of %(name)s.", name=found.organization_name)
    url = f"/login/sso/{found.connection_id}?{query}"
    return page("auth/leaving.html", title=_("Sign in"), text=text, url=url)


@auth.get("/login/password")
def login_password() -> Response:
    """Ask for the password, unless the address signs in without one."""
    email = session.get(_EMAIL)
    if email is None:
        return go("/login")
    found = sign_on_of(email)
    if found is not None and found.is_required and not _is_bypassed(found):
        raise SignOnRequired(found)
    return page("auth/password.html", email=email)


@auth.post("/login/password")
def check_password() -> Response:
    """Check the password, and enter or go on to the second factor."""
    email = session.get(_EMAIL)
    if email is None:
        return go("/login")
    try:
        password = request.form.get("password", "")
        step = signing_in.with_password(email, password, here(), bypass_secret=session.get(_BYPASS, ""))
    except SignOnRequired:
        raise
    except signing_in.EmailNotProved as error:
        return page("auth/told.html", error.status, title=_("Confirm your address"), text=detail_of(error))
    except ScimError as error:
        return again("auth/password.html", error, email=email)
    return _go_on(step)


@auth.get("/login/second-factor")
def login_second_factor() -> Response:
    """Ask for a code or a passkey."""
    options = _options()
    return go("/login") if options is None else _second_factor_page(options)


@auth.post("/login/second-factor")
def check_second_factor() -> Response:
    """Check the code or the passkey, and enter."""
    secret, credential = session.get(_STEP, ""), request.form.get("credential", "")
    try:
        if credential:
            entered = signing_in.with_passkey(secret, credential, here())
        else:
            entered = signing_in.with_code(secret, request.form.get("code", ""), here())
    except StepExpired:
        session.pop(_STEP, None)
        return go("/login")
    except SignOnRequired:
        raise
    except ScimError as error:
        options = _options()
        return go("/login") if options is None else _second_factor_page(options, error)
    return enter(entered.secret)


@auth.post("/logout")
def logout() -> Response:
    """End the session and forget its cookie; at the identity provider that vouched for it too."""
    present = signed_in()
    elsewhere = login_elsewhere(present.session_id) if present is not None else None
    _end_present()
    session.clear()
    forget()
    url = logout_url(elsewhere, f"{public_url()}/login") if elsewhere is not None else None
    if url is None:
        return go("/login")
    text = _("You are signed out here. Your identity provider signs you out next.")
    return page("auth/leaving.html", title=_("Signed out"), text=text, url=url)


def enter_with_new_password(email: str, password: str) -> Response:
    """Sign in with a password that was set a moment ago, by the rules of every login; raises what those raise."""
    return _go_on(signing_in.with_password(email, password, here(), bypass_secret=session.get(_BYPASS, "")))


def enter(secret: str, wanted: str | None = None) -> Response:
    """Hand the new session to the browser, end the one it had, and go to the page that was wanted."""
    wanted = local_path(wanted or session.get(_NEXT))
    _end_present()
    # Nothing from before signing in goes on after it, the token of forms least of all.
    session.clear()
    remember(secret)
    return go(wanted)


@auth.errorhandler(SignOnRequired)
def lead_to_sign_on(error: SignOnRequired) -> Response:
    """Say that there is another way in, and lead there."""
    url = f"/login/sso/{error.sign_on.connection_id}"
    return page("auth/told.html", error.status, title=_("Sign in another way"), text=detail_of(error), link=url)


def _go_on(step: Entered | SecondStep) -> Response:
    """Enter, or ask for the second factor."""
    if isinstance(step, Entered):
        return enter(step.secret)
    session[_STEP] = step.secret
    return go("/login/second-factor")


def _is_bypassed(sign_on: SignOn) -> bool:
    """Tell whether this browser goes around this single sign-on."""
    bypassed = bypass.find(session.get(_BYPASS, ""))
    return bypassed is not None and sign_on.organization_id == bypassed.organization_id


def _end_present() -> None:
    present = signed_in()
    if present is not None:
        with suppress(NotFound):
            sessions.end(present.account_id, present.session_id, here())


def _options() -> str | None:
    """Return what a passkey is asked for, empty where there is none; None where the step is over."""
    issued = signing_in.pending(session.get(_STEP, ""))
    if issued is None or issued.account_id is None:
        return None
    credentials = second_factors.credentials_of(issued.account_id) if passkeys.are_possible() else []
    return passkeys.request_options(str(issued.data["challenge"]), credentials) if credentials else ""


def _second_factor_page(options: str, error: ScimError | None = None) -> Response:
    if error is None:
        return page("auth/second_factor.html", scripts=True, options=options)
    return again("auth/second_factor.html", error, scripts=True, options=options)

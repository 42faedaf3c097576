"""Sign in: first the address, then the password, then a second factor where there is one; and sign out."""

from contextlib import suppress

from flask import Response, request, session

from scim_server.accounts import passkeys, second_factors, sessions, signing_in
from scim_server.accounts.service import normal_email
from scim_server.accounts.signing_in import Entered, StepExpired
from scim_server.protocol.errors import InvalidValue, NotFound, ScimError
from scim_server.web.auth.blueprint import again, auth, go, here, local_path
from scim_server.web.pages import page
from scim_server.web.pages.cookies import forget, remember, signed_in

_EMAIL, _NEXT, _STEP = "email", "next", "step"


@auth.get("/login")
def login() -> Response:
    """Ask for the address."""
    wanted = local_path(request.args.get("next"))
    if signed_in() is not None:
        return go(wanted)
    return page("auth/login.html", next=wanted, email=request.args.get("email", "")[:320])


@auth.post("/login")
def login_email() -> Response:
    """Go on with how this address signs in; whether it has an Account, nobody learns."""
    email, wanted = request.form.get("email", ""), local_path(request.form.get("next"))
    try:
        session[_EMAIL] = normal_email(email)
    except InvalidValue as error:
        return again("auth/login.html", error, next=wanted, email=email[:320])
    session[_NEXT] = wanted
    return go("/login/password")


def begin(email: str, wanted: str) -> Response:
    """Ask somebody whose address is known to sign in, and to come back to a path of this server."""
    session[_EMAIL], session[_NEXT] = email, wanted
    return go("/login/password")


@auth.get("/login/password")
def login_password() -> Response:
    """Ask for the password."""
    if _EMAIL not in session:
        return go("/login")
    return page("auth/password.html", email=session[_EMAIL])


@auth.post("/login/password")
def check_password() -> Response:
    """Check the password, and enter or go on to the second factor."""
    email = session.get(_EMAIL)
    if email is None:
        return go("/login")
    try:
        step = signing_in.with_password(email, request.form.get("password", ""), here())
    except signing_in.EmailNotProved as error:
        return page("auth/told.html", error.status, title="Confirm your address", text=error.detail)
    except ScimError as error:
        return again("auth/password.html", error, email=email)
    if isinstance(step, Entered):
        return enter(step.secret)
    session[_STEP] = step.secret
    return go("/login/second-factor")


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
    except ScimError as error:
        options = _options()
        return go("/login") if options is None else _second_factor_page(options, error)
    return enter(entered.secret)


@auth.post("/logout")
def logout() -> Response:
    """End the session and forget its cookie."""
    _end_present()
    session.clear()
    forget()
    return go("/login")


def enter(secret: str, wanted: str | None = None) -> Response:
    """Hand the new session to the browser, end the one it had, and go to the page that was wanted."""
    wanted = local_path(wanted or session.get(_NEXT))
    _end_present()
    # Nothing from before signing in goes on after it, the token of forms least of all.
    session.clear()
    remember(secret)
    return go(wanted)


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

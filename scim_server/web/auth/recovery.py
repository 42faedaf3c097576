"""A forgotten password, and the links of mails. GET changes nothing, as mail scanners follow links; only POST does."""

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from scim_server.accounts import changes, recovery, setting_up
from scim_server.accounts.links import LinkEnded
from scim_server.accounts.one_time import Purpose
from scim_server.accounts.service import normal_email
from scim_server.accounts.sign_on import SignOnRequired
from scim_server.protocol.errors import ScimError
from scim_server.users.logins import accept_login
from scim_server.web.auth.blueprint import again, auth, here
from scim_server.web.auth.signing_in import enter_with_new_password
from scim_server.web.pages import detail_of, page

_SENT = lazy_gettext(
    "If there is an account with a password at this address, a mail with a link is on its way. It is good for half an "
    "hour. Whoever signs in through their Organization has no password here."
)


@auth.get("/password/forgotten")
def forgotten() -> Response:
    """Ask for the address."""
    return page("auth/forgotten.html", email=request.args.get("email", "")[:320])


@auth.post("/password/forgotten")
def ask_for_reset() -> Response:
    """Send a link where there is an Account with a password, and say the same to everybody."""
    email = request.form.get("email", "")
    try:
        recovery.ask_for_reset(normal_email(email), here())
    except SignOnRequired:
        raise
    except ScimError as error:
        return again("auth/forgotten.html", error, email=email[:320])
    return page("auth/told.html", title=_("Look into your mailbox"), text=_SENT)


@auth.get("/password/reset/<secret>")
def choose_password(secret: str) -> Response:
    """Ask for the new password."""
    return page("auth/reset.html", email=recovery.account_of_reset(secret).email)


@auth.post("/password/reset/<secret>")
def reset_password(secret: str) -> Response:
    """Set the new password; signing in with it comes after, with the second factor where there is one."""
    try:
        recovery.reset_password(secret, request.form.get("password", ""), here())
    except (LinkEnded, SignOnRequired):
        raise
    except ScimError as error:
        return again("auth/reset.html", error, email=recovery.account_of_reset(secret).email)
    return page("auth/told.html", title=_("Your password is set"), text=_("Sign in with it now."), link="/login")


@auth.get("/email/proof/<secret>")
def show_proof(secret: str) -> Response:
    """Ask to confirm."""
    recovery.require_open(Purpose.PROVE_EMAIL, secret)
    return page("auth/link.html", title=_("Confirm your address"), button=_("Confirm"))


@auth.post("/email/proof/<secret>")
def prove_email(secret: str) -> Response:
    """Note that the mail arrived."""
    recovery.prove_email(secret)
    return page("auth/told.html", title=_("Your address is confirmed"), text=_("You can sign in now."), link="/login")


@auth.get("/email/change/<secret>")
def show_change(secret: str) -> Response:
    """Ask to confirm."""
    recovery.require_open(Purpose.CHANGE_EMAIL, secret)
    return page("auth/link.html", title=_("Change of your sign-in address"), button=_("Confirm the change"))


@auth.post("/email/change/<secret>")
def confirm_change(secret: str) -> Response:
    """Note that one of the two mailboxes agreed."""
    if changes.confirm_email_change(secret, here()):
        text = _("Sign in with the new one from now on.")
        return page("auth/told.html", title=_("Your address is changed"), text=text)
    text = _("The change is made once the link in the other mailbox was used too.")
    return page("auth/told.html", title=_("One of two"), text=text)


@auth.get("/set-up/<secret>")
def show_set_up(secret: str) -> Response:
    """Ask for a name and a password."""
    offered = setting_up.look(secret)
    return page("auth/set_up.html", offered=offered, name="")


@auth.post("/set-up/<secret>")
def set_up(secret: str) -> Response:
    """Make the Account of the operator's link, or set its password, and sign in with it."""
    offered, name = setting_up.look(secret), request.form.get("name", "")
    try:
        accept_login(secret, name=name, password=request.form.get("password", ""), origin=here())
    except LinkEnded:
        raise
    except ScimError as error:
        return again("auth/set_up.html", error, offered=offered, name=name)
    try:
        return enter_with_new_password(offered.email, request.form.get("password", ""))
    except ScimError as error:
        # Such as single sign-on as the only way in: the password is set all the same.
        return page("auth/told.html", title=_("Your account is set up"), text=detail_of(error), link="/login")


@auth.errorhandler(LinkEnded)
def explain(error: LinkEnded) -> Response:
    """Say that the link leads nowhere any more."""
    return page("auth/told.html", error.status, title=_("This link has ended"), text=detail_of(error))

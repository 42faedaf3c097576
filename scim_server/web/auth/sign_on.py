"""Sign in at the identity provider of an Organization: leave for it, come back, be in or be told why not."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from scim_server.accounts.links import LinkEnded
from scim_server.accounts.secrets import digest
from scim_server.database.transactions import at_most_twice
from scim_server.protocol.errors import InvalidValue, NotFound, ScimError, TooManyRequests
from scim_server.sso import confirming, logins, preview
from scim_server.sso.configuration import Configuration, find_configuration
from scim_server.sso.confirming import Asked
from scim_server.sso.entering import Entered, Refused
from scim_server.sso.errors import Disbelieved, ProviderUnavailable
from scim_server.sso.logins import LIFETIME, Purpose, Tested
from scim_server.sso.policy import Refusal
from scim_server.web.auth.blueprint import NotSignedIn, again, ask_to_sign_in, go, here, local_path, person
from scim_server.web.auth.signing_in import enter
from scim_server.web.pages import PagesBlueprint, detail_of, page, said

sign_on = PagesBlueprint("sign_on", __name__, template_folder="templates")
# The provider's own requests bring no form of ours.
provider_calls = PagesBlueprint("provider_calls", __name__, protects=False)

_RETRY_AFTER = 10
_log = logging.getLogger(__name__)
# What a person is told who has signed in and stays out.
_TOLD = {
    Refusal.NOT_A_MEMBER: lazy_gettext(
        "You are signed in, but not a member of %(name)s. Ask an Organization Owner to invite you."
    ),
    Refusal.DEACTIVATED: lazy_gettext(
        "Your access to %(name)s was deactivated. Ask an Organization Owner, or whoever gave it to you."
    ),
    Refusal.ADDRESS_NOT_VOUCHED_FOR: lazy_gettext(
        "%(name)s cannot vouch for your e-mail address. If you were invited, use the link in that mail; otherwise ask "
        "an Organization Owner to invite you."
    ),
    Refusal.ANOTHER_PERSON: lazy_gettext(
        "Your e-mail address is that of several Users of %(name)s, or of another sign-in account. Ask an Organization "
        "Owner to remove the one that is not needed."
    ),
    Refusal.ACCOUNT_DISABLED: lazy_gettext(
        "Your sign-in account was disabled, so you cannot enter %(name)s. Ask whoever runs this server."
    ),
}
_CONFIRM_FIRST = lazy_gettext(
    "We have sent a mail to %(email)s. Open its link in this browser to show that the address is yours; it is good for "
    "half an hour."
)
_CONFIRM, _NEXT = "confirm", "next"


def addresses(connection_id: str) -> dict[str, str]:
    """Return the addresses of a Connection's logins, from the public URL alone."""
    base = f"{current_app.config['PUBLIC_URL']}/login/sso/{connection_id}"
    return {
        "redirectUri": f"{base}/callback",
        "signInUrl": base,
        "testUrl": f"{base}/test",
        "backChannelLogoutUri": f"{base}/back-channel-logout",
        "postLogoutRedirectUri": f"{current_app.config['PUBLIC_URL']}/login",
    }


@sign_on.get("/login/sso/<connection_id>")
def begin_sso(connection_id: str) -> Response:
    """Leave for the identity provider."""
    wanted = local_path(request.args.get("next"))
    hint = request.args.get("email", "")[:320] or None
    url, cookie = _begun(connection_id, next_path=wanted, login_hint=hint)
    return cookie(go(url))


@sign_on.get("/login/sso/<connection_id>/test")
def show_sso_test(connection_id: str) -> Response:
    """Offer a test, which lets nobody in, to whoever may change the Connection."""
    signed_in = person()
    preview.require_tester(find_configuration(connection_id), signed_in)
    return page("auth/sso_test.html")


@sign_on.post("/login/sso/<connection_id>/test")
def begin_sso_test(connection_id: str) -> Response:
    """Leave for the identity provider, to see what it says."""
    signed_in = person()
    preview.require_tester(find_configuration(connection_id), signed_in)
    url, cookie = _begun(connection_id, purpose=Purpose.TEST, account_id=signed_in.account_id)
    text = _("You sign in once, for a test.")
    return cookie(page("auth/leaving.html", title=_("Test single sign-on"), text=text, url=url))


@sign_on.get("/login/sso/<connection_id>/callback")
def finish_sso(connection_id: str) -> Response:
    """Come back from the identity provider, once."""
    if any(len(request.args.getlist(name)) > 1 for name in request.args):
        raise Disbelieved("The answer names a parameter twice.")
    parameters = request.args.to_dict()
    name = _cookie_name(parameters.get("state", ""))
    redirect_uri = addresses(connection_id)["redirectUri"]
    found = logins.finish(connection_id, redirect_uri, parameters, request.cookies.get(name, ""), here())
    outcome = found.outcome
    if isinstance(outcome, Tested):
        answer = _tested(outcome)
    elif isinstance(outcome, Asked):
        session[_CONFIRM], session[_NEXT] = outcome.browser_secret, found.next_path
        text = str(_CONFIRM_FIRST) % {"email": outcome.email}
        answer = page("auth/told.html", title=_("Look into your mailbox"), text=text)
    else:
        answer = _entered(outcome, found.next_path)
    answer.delete_cookie(name, path="/", secure=_is_https(), httponly=True, samesite="Lax")
    return answer


@sign_on.get("/login/confirm/<secret>")
def show_confirmation(secret: str) -> Response:
    """Ask to confirm; GET changes nothing, as mail scanners follow links."""
    confirming.require_own(secret, session.get(_CONFIRM, ""))
    return page("auth/link.html", title=_("Was it you who signed in?"), button=_("Yes, let me in"))


@sign_on.post("/login/confirm/<secret>")
def confirm_identity(secret: str) -> Response:
    """Let in whose mailbox it is."""
    outcome = confirming.confirm(secret, session.get(_CONFIRM, ""), here())
    return _entered(outcome, session.get(_NEXT, ""))


@provider_calls.post("/login/sso/<connection_id>/back-channel-logout")
def back_channel_logout(connection_id: str) -> Response:
    """End the sessions that a logout token names (OpenID Connect Back-Channel Logout 1.0 §2.8)."""
    try:
        at_most_twice(lambda: logins.end_by_provider(connection_id, request.form.get("logout_token", "")))
    except Disbelieved as error:
        _log.warning("a logout token was not believed", extra={"connection": connection_id, "reason": str(error)})
        raise InvalidValue("This logout token is not accepted.") from None
    return Response(status=200, headers={"Cache-Control": "no-store"})


sign_on.register_error_handler(NotSignedIn, ask_to_sign_in)


@sign_on.errorhandler(Disbelieved)
def tell_disbelieved(error: Disbelieved) -> Response:
    """Tell nothing of why, which is for the log: it may be an attack, and the person can only try again."""
    _log.warning("a login was not believed", extra={"path": request.path, "reason": str(error)})
    text = _(
        "The answer of your identity provider could not be used. Start again; if that does not help, tell your Owner."
    )
    return page("auth/told.html", 400, title=_("That sign-in did not work"), text=text)


@sign_on.errorhandler(ProviderUnavailable)
@provider_calls.errorhandler(ProviderUnavailable)
def tell_unavailable(error: ProviderUnavailable) -> Response:
    """Say that trying again may help."""
    _log.warning("an identity provider did not answer", extra={"path": request.path, "reason": str(error)})
    text = _("Your identity provider does not answer. Try again in a moment.")
    answer = page("auth/told.html", 503, title=_("No answer"), text=text)
    answer.headers["Retry-After"] = str(_RETRY_AFTER)
    return answer


@sign_on.errorhandler(TooManyRequests)
def tell_too_many(error: TooManyRequests) -> Response:
    """Say when to try again."""
    return again("auth/told.html", error, title=_("Too many attempts"), text=detail_of(error))


@sign_on.errorhandler(NotFound)
def tell_nothing_here(error: NotFound) -> Response:
    """Say that the address leads nowhere."""
    return page("auth/told.html", 404, title=_("Nothing here"), text=detail_of(error))


def _begun(connection_id: str, **arguments: Any) -> tuple[str, Callable[[Response], Response]]:
    """Begin a login, and return where the browser goes, and what gives an answer the cookie that it comes back with."""
    begun = logins.begin(connection_id, addresses(connection_id)["redirectUri"], origin=here(), **arguments)

    def with_cookie(answer: Response) -> Response:
        # One for each login: two in one browser do not disturb each other.
        answer.set_cookie(
            _cookie_name(begun.state),
            begun.browser_secret,
            max_age=LIFETIME,
            path="/",
            secure=_is_https(),
            httponly=True,
            samesite="Lax",
        )
        return answer

    return begun.url, with_cookie


@sign_on.errorhandler(LinkEnded)
@sign_on.errorhandler(confirming.OtherBrowser)
def tell_link_ended(error: ScimError) -> Response:
    """Say that the link leads nowhere, or nowhere in this browser."""
    title = _("This link does not work here")
    return page("auth/told.html", error.status, title=title, text=detail_of(error), link="/login")


def _entered(outcome: Entered | Refused, wanted: str) -> Response:
    if isinstance(outcome, Entered):
        return enter(outcome.secret, wanted)
    text = str(_TOLD[outcome.reason]) % {"name": preview.organization_name(outcome.organization_id)}
    return page("auth/told.html", 403, title=_("You cannot enter"), text=text)


def _tested(tested: Tested) -> Response:
    would = preview.would_enter(tested.configuration, tested.person, here())
    counts = preview.note_test(tested.configuration, would, tested.account_id)
    claims = sorted((name, _said(value)) for name, value in tested.claims.items())
    configuration = tested.configuration
    return page(
        "auth/sso_tested.html",
        claims=claims,
        uses=_uses(configuration),
        person=tested.person,
        counts=counts,
        is_active=configuration.is_active and counts,
        would=said(would.text),
        connection_id=configuration.connection_id,
        console=f"/organizations/{configuration.organization_id}/authentication",
    )


def _said(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:500]


def _uses(configuration: Configuration) -> dict[str, str]:
    """Return what is made of which claim."""
    uses = {"sub": _("Recognises the person at each sign-in."), configuration.name_claim: _("Taken for the name.")}
    if configuration.groups_claim is not None:
        groups = _("Makes people members of the Teams of these names.")
        uses[configuration.groups_claim] = groups if configuration.groups_to_teams else _("Taken for the groups.")
    return {**uses, configuration.email_claim: _("Taken for the e-mail address.")}


def _cookie_name(state: str) -> str:
    return f"{'__Host-' if _is_https() else ''}sso_{digest(state)[:16]}"


def _is_https() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])

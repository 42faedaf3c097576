"""Second factors of one's own: set up, remove, and new recovery codes; all ask for a recent sign-in."""

from typing import Any

import segno
from flask import Response, request
from markupsafe import Markup

from scim_server.accounts import passkeys, second_factors
from scim_server.accounts.changes import require_recent
from scim_server.accounts.second_factors import NewAuthenticator
from scim_server.accounts.service import AccountRecord
from scim_server.protocol.errors import InvalidValue, NotFound
from scim_server.web.auth.blueprint import HOME, auth, go, here, own_again, own_page, person


@auth.post("/me/factors/authenticator")
def begin_authenticator() -> Response:
    """Show the key of a new authenticator, as a picture and as text."""
    return own_page("auth/authenticator.html", **_shown(second_factors.begin_authenticator(require_recent(person()))))


@auth.post("/me/factors/authenticator/confirm")
def confirm_authenticator() -> Response:
    """Make it count once it shows the right code."""
    account, factor_id = require_recent(person()), request.form.get("factor", "")
    code, name = request.form.get("code", ""), request.form.get("name", "")
    try:
        codes = second_factors.confirm_authenticator(account.id, factor_id, code, name, here())
    except InvalidValue as error:
        shown = _shown(second_factors.pending_authenticator(account, factor_id))
        return own_again("auth/authenticator.html", error, **shown)
    return _added(codes)


@auth.post("/me/factors/passkey")
def begin_passkey() -> Response:
    """Have the browser make a passkey."""
    if not passkeys.are_possible():
        raise NotFound
    return _passkey_page(require_recent(person()))


@auth.post("/me/factors/passkey/confirm")
def add_passkey() -> Response:
    """Store what the browser made."""
    account = require_recent(person())
    form = request.form
    step, credential, name = (form.get(each, "") for each in ("step", "credential", "name"))
    try:
        codes = second_factors.add_passkey(account.id, step, credential, name, here())
    except InvalidValue as error:
        return _passkey_page(account, error)
    return _added(codes)


@auth.post("/me/factors/<factor_id>/remove")
def remove_factor(factor_id: str) -> Response:
    """Remove one."""
    second_factors.remove(require_recent(person()).id, factor_id, here())
    return go(HOME)


@auth.post("/me/recovery-codes")
def renew_recovery_codes() -> Response:
    """Show new recovery codes, once."""
    return own_page("auth/codes.html", codes=second_factors.renew_recovery_codes(require_recent(person()).id, here()))


def _added(codes: list[str]) -> Response:
    return own_page("auth/codes.html", codes=codes) if codes else go(HOME)


def _passkey_page(account: AccountRecord, error: InvalidValue | None = None) -> Response:
    step, options = second_factors.begin_passkey(account)
    if error is None:
        return own_page("auth/passkey.html", step=step, options=options)
    return own_again("auth/passkey.html", error, step=step, options=options)


def _shown(new: NewAuthenticator) -> dict[str, Any]:
    picture = segno.make(new.address).svg_inline(scale=4, svgclass="qr")
    grouped = " ".join(new.key[start : start + 4] for start in range(0, len(new.key), 4))
    # The picture is made of numbers alone.
    return {"factor": new.factor_id, "key": grouped, "picture": Markup(picture)}  # noqa: S704

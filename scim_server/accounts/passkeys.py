"""Passkeys as a second factor (WebAuthn): options for the browser, and the check of what it sends back."""

import ipaddress
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from flask import current_app

from scim_server.protocol.errors import InvalidValue

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

_CHALLENGE_BYTES = 32
# What a browser sends is smaller; the libraries decode it whole.
MAX_CREDENTIAL_LENGTH = 16_384
_SERVER_NAME = "scim-server"


class Passkey(NamedTuple):
    """A credential as it is stored; the texts are base64url."""

    credential_id: str
    public_key: str
    sign_count: int


def are_possible() -> bool:
    """Tell whether browsers allow passkeys at the public URL: it is a name, not a bare address, and https or local."""
    url = urlsplit(current_app.config["PUBLIC_URL"])
    try:
        ipaddress.ip_address(url.hostname or "")
    except ValueError:
        return bool(url.scheme == "https" or url.hostname == "localhost")
    return False


def new_challenge() -> str:
    """Return random bytes to be signed, as base64url."""
    return secrets.token_urlsafe(_CHALLENGE_BYTES)


def creation_options(account_id: str, email: str, name: str, challenge: str, present: Sequence[str]) -> str:
    """Return what the browser needs to make a passkey, as JSON; `present` are the credentials that it must not be."""
    import webauthn  # noqa: PLC0415 - 15 MB that few requests need
    from webauthn.helpers import structs  # noqa: PLC0415 - as above

    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=_SERVER_NAME,
        user_id=account_id.encode(),
        user_name=email,
        user_display_name=name,
        challenge=webauthn.base64url_to_bytes(challenge),
        exclude_credentials=_descriptors(present),
        # Beside a password possession is enough; a key that knows its owner asks anyway.
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    return webauthn.options_to_json(options)


def created(credential: str, challenge: str) -> Passkey:
    """Return the passkey that a browser made for the challenge; raises InvalidValue."""
    import webauthn  # noqa: PLC0415 - 15 MB that few requests need
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - as above

    try:
        made = webauthn.verify_registration_response(
            credential=_bounded(credential),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=_host(),
            expected_origin=current_app.config["PUBLIC_URL"],
        )
    except (WebAuthnException, ValueError) as error:
        raise InvalidValue("The browser's passkey could not be accepted. Try again.") from error
    return Passkey(_base64url(made.credential_id), _base64url(made.credential_public_key), made.sign_count)


def request_options(challenge: str, present: Sequence[str]) -> str:
    """Return what the browser needs to sign with one of these credentials, as JSON."""
    import webauthn  # noqa: PLC0415 - 15 MB that few requests need

    options = webauthn.generate_authentication_options(
        rp_id=_host(), challenge=webauthn.base64url_to_bytes(challenge), allow_credentials=_descriptors(present)
    )
    return webauthn.options_to_json(options)


def signed(credential: str, challenge: str, passkey: Passkey) -> int | None:
    """Return the passkey's new count where it signed the challenge; None where it did not, or is a copy (§6.1.1)."""
    import webauthn  # noqa: PLC0415 - 15 MB that few requests need
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - as above

    try:
        verified = webauthn.verify_authentication_response(
            credential=_bounded(credential),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=_host(),
            expected_origin=current_app.config["PUBLIC_URL"],
            credential_public_key=webauthn.base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError):
        return None
    return verified.new_sign_count


def _host() -> str:
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or ""


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _descriptors(credentials: Sequence[str]) -> list["PublicKeyCredentialDescriptor"]:
    import webauthn  # noqa: PLC0415 - 15 MB that few requests need
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415 - as above

    return [PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(each)) for each in credentials]


def _bounded(credential: str) -> str:
    if len(credential) > MAX_CREDENTIAL_LENGTH:
        message = "longer than any credential"
        raise ValueError(message)
    return credential

"""Passkeys as a second factor (WebAuthn): options for the browser, and the check of what it sends back."""

import ipaddress
import secrets
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import current_app
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from scim_server.protocol.errors import InvalidValue

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
    return bytes_to_base64url(secrets.token_bytes(_CHALLENGE_BYTES))


def creation_options(account_id: str, email: str, name: str, challenge: str, present: Sequence[str]) -> str:
    """Return what the browser needs to make a passkey, as JSON; `present` are the credentials that it must not be."""
    options = generate_registration_options(
        rp_id=_host(),
        rp_name=_SERVER_NAME,
        user_id=account_id.encode(),
        user_name=email,
        user_display_name=name,
        challenge=base64url_to_bytes(challenge),
        exclude_credentials=_descriptors(present),
        # Beside a password possession is enough; a key that knows its owner asks anyway.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return options_to_json(options)


def created(credential: str, challenge: str) -> Passkey:
    """Return the passkey that a browser made for the challenge; raises InvalidValue."""
    try:
        made = verify_registration_response(
            credential=_bounded(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(),
            expected_origin=current_app.config["PUBLIC_URL"],
        )
    except (WebAuthnException, ValueError) as error:
        raise InvalidValue("The browser's passkey could not be accepted. Try again.") from error
    return Passkey(
        bytes_to_base64url(made.credential_id), bytes_to_base64url(made.credential_public_key), made.sign_count
    )


def request_options(challenge: str, present: Sequence[str]) -> str:
    """Return what the browser needs to sign with one of these credentials, as JSON."""
    options = generate_authentication_options(
        rp_id=_host(), challenge=base64url_to_bytes(challenge), allow_credentials=_descriptors(present)
    )
    return options_to_json(options)


def signed(credential: str, challenge: str, passkey: Passkey) -> int | None:
    """Return the passkey's new count where it signed the challenge; None where it did not, or is a copy (§6.1.1)."""
    try:
        verified = verify_authentication_response(
            credential=_bounded(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(),
            expected_origin=current_app.config["PUBLIC_URL"],
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError):
        return None
    return verified.new_sign_count


def _host() -> str:
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or ""


def _descriptors(credentials: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in credentials]


def _bounded(credential: str) -> str:
    if len(credential) > MAX_CREDENTIAL_LENGTH:
        message = "longer than any credential"
        raise ValueError(message)
    return credential

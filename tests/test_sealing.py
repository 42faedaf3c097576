"""Sealed texts: only the present keys open them, and the newest seals."""

import pytest
from flask import Flask

from scim_server.sealing import Sealing, Unsealable, seal, unseal

OLD, NEW, OTHER = (f"{name}-key-of-32-characters-or-more-0123" for name in ("old", "new", "other"))
TEXT = "https://idp.example.com/é\N{CLOUD}"


def test_what_was_sealed_is_opened_and_cannot_be_read() -> None:
    sealing = Sealing([NEW])
    sealed = sealing.seal(TEXT)
    assert sealing.unseal(sealed) == TEXT
    assert "idp.example.com" not in sealed
    assert sealing.seal(TEXT) != sealed


def test_a_changed_key_opens_what_the_earlier_one_sealed() -> None:
    sealed = Sealing([OLD]).seal(TEXT)
    assert Sealing([NEW, OLD]).unseal(sealed) == TEXT
    assert Sealing([NEW]).unseal(Sealing([NEW, OLD]).seal(TEXT)) == TEXT


@pytest.mark.parametrize(
    "change", [lambda text: text[:-2], lambda text: "A" + text[1:], lambda text: "", lambda text: "é"]
)
def test_anything_else_is_refused(change) -> None:
    sealing = Sealing([NEW])
    with pytest.raises(Unsealable):
        sealing.unseal(change(sealing.seal(TEXT)))
    with pytest.raises(Unsealable, match="secret_key_fallbacks"):
        Sealing([OTHER]).unseal(sealing.seal(TEXT))


def test_inside_an_application(app: Flask) -> None:
    assert unseal(seal(TEXT)) == TEXT

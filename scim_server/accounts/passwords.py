"""Passwords: which may be chosen, and how they are hashed: argon2id, a few at a time, as each takes 64 MiB."""

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flask import Flask, current_app
from pwdlib import PasswordHash

from scim_server.protocol.errors import InvalidValue, Unavailable
from scim_server.settings import Settings

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 256
# Fewer guesses than a million: zxcvbn counts common passwords, names, keyboard runs, dates and what is told of the
# person; which characters occur is all the same (ASVS 6.2.5).
MIN_SCORE = 2
# What zxcvbn looks at; its work grows faster than the text.
MAX_SCORED_LENGTH = 72
# Letters and digits beside what is known of the person; known words shorter than that many are no giveaway.
MIN_OWN_CHARACTERS = 6
MIN_KNOWN_WORD = 4
# Seconds that a request waits for its turn.
MAX_WAIT = 2.0
# A hash with today's parameters of a password that nobody knows, so that addresses without an Account take as long as
# the others. Made once and kept here, as each start would wait for it otherwise.
OF_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$LFABbal7ghGjDew4FVDlcg$nyS+5+9CrS13h4+uhJUEB+E8X9AECCpZ5REJLF6VAkU"
_EXTENSION = "passwords"
# Words of this product, that people near it choose.
_PRODUCT_WORDS = ("scim", "scim-server", "provisioning", "organization")


class WeakPassword(InvalidValue):
    """A password that others would guess."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, field="password")


class Verified(NamedTuple):
    """Whether a password is the right one, and its hash with today's parameters where the stored one is older."""

    matches: bool
    new_hash: str | None


class Hashing:
    """Hashes for one process: as many at once as its memory allows, and never on all of its threads."""

    def __init__(self, threads: int) -> None:
        self.hasher = PasswordHash.recommended()
        self._at_once = threading.BoundedSemaphore(max(1, threads // 2))
        # With those who wait: one thread is left for everybody else.
        self._admitted = threading.BoundedSemaphore(max(1, threads - 1))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn; raises Unavailable where too many wait already, or it takes too long."""
        if not self._admitted.acquire(blocking=False):
            raise _busy()
        try:
            if not self._at_once.acquire(timeout=MAX_WAIT):
                raise _busy()
            try:
                yield
            finally:
                self._at_once.release()
        finally:
            self._admitted.release()


def set_up_passwords(app: Flask, settings: Settings) -> None:
    """Let this application hash passwords on as many of its threads as may be busy with it."""
    app.extensions[_EXTENSION] = Hashing(settings.threads)


def hash_password(password: str) -> str:
    """Return what is stored of a password; raises Unavailable."""
    hashing = _hashing()
    with hashing.turn():
        return hashing.hasher.hash(_normal(password))


def verify(password: str, stored: str | None) -> Verified:
    """Compare a password with what is stored, with the same work where nothing is; raises Unavailable."""
    hashing = _hashing()
    if len(password) > MAX_PASSWORD_LENGTH:
        password = ""
    with hashing.turn():
        matches, new_hash = hashing.hasher.verify_and_update(_normal(password), stored or OF_NOBODY)
    return Verified(matches and stored is not None, new_hash if stored is not None else None)


def require_good(password: str, context: Iterable[str]) -> None:
    """Raise WeakPassword for a password that is short, long, common, or made of what is known of the person.

    `context` is that: address, name, Organization. Any characters are allowed, and none is asked for.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise WeakPassword(f"Choose at least {MIN_PASSWORD_LENGTH} characters; a few words in a row do well.")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise WeakPassword(f"Choose at most {MAX_PASSWORD_LENGTH} characters.")
    words = [*_PRODUCT_WORDS, *(part for text in context for part in _words(text))]
    if _is_made_of(password, words):
        raise WeakPassword("This password is made of what others know of you. Choose a few unrelated words in a row.")
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its lists of words take 13 MB

    found = zxcvbn(_normal(password)[:MAX_SCORED_LENGTH], user_inputs=words)
    if found["score"] < MIN_SCORE:
        why = found["feedback"]["warning"] or "This password is easy to guess."
        raise WeakPassword(f"{why.rstrip('.')}. Choose another; a few unrelated words in a row do well.")


def _words(text: str) -> list[str]:
    """Return a text, and the words that it is made of."""
    spaced = "".join(character if character.isalnum() else " " for character in text)
    return [text, *spaced.split()]


def _is_made_of(password: str, words: list[str]) -> bool:
    """Tell whether a password holds some of these words and hardly a letter or digit beside them."""
    whole = rest = password.casefold()
    for word in sorted({word.casefold() for word in words if len(word) >= MIN_KNOWN_WORD}, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return rest != whole and sum(character.isalnum() for character in rest) < MIN_OWN_CHARACTERS


def _normal(password: str) -> str:
    """Return a password as every keyboard would send it: accents may come composed or not."""
    return unicodedata.normalize("NFC", password)


def _busy() -> Unavailable:
    return Unavailable("Many people sign in at the moment. Wait a moment and try again.", retry_after=1)


def _hashing() -> Hashing:
    hashing: Hashing = current_app.extensions[_EXTENSION]
    return hashing

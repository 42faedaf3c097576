"""Which names an Organization can claim as a domain, and what the checks of a proof lead to; no database, no DNS."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

import idna
from publicsuffixlist import PublicSuffixList

from scim_server.protocol.errors import InvalidValue

MAX_NAME_LENGTH = 253
# The label, below the domain, that the TXT record stands at (docs/decisions/0030).
CHALLENGE_LABEL = "_scim-server-challenge"
# The label, its length and dot, and the domain together are one DNS name of at most 253 characters.
_MAX_CLAIM_LENGTH = MAX_NAME_LENGTH - len(CHALLENGE_LABEL) - 1
# A proved domain is suspended when its record is missed this many checks in a row.
MISSES_BEFORE_SUSPENSION = 3
# Names that never lead to a server of somebody's own (RFC 6761, RFC 6762, RFC 7686).
_SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion"})
_FREE_MAILERS = Path(__file__).with_name("free_mailers.txt")


class State(StrEnum):
    """Where a claim stands; only a VERIFIED domain decides anything."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    SUSPENDED = "SUSPENDED"


class Finding(StrEnum):
    """What resolvers say of a proof; UNKNOWN where none of them gave an answer."""

    PROVED = "PROVED"
    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"


class Proof(StrEnum):
    """Who has shown that they still enter as an Owner by a Connection: whoever asks, another Owner, nobody."""

    REQUESTER = "REQUESTER"
    ANOTHER_OWNER = "ANOTHER_OWNER"
    NOBODY = "NOBODY"


def lockout(state: State, *, is_mapped: bool, is_active: bool, proof: Proof) -> str | None:
    """Return what is missing before single sign-on may be the only way for a domain's people; None for nothing."""
    if state is not State.VERIFIED:
        return "prove the domain first."
    if not is_mapped:
        return "name the Connection by which its people sign in first."
    if not is_active:
        return "switch single sign-on of its Connection on first."
    if proof is Proof.NOBODY:
        return "test its Connection first, as an Owner who enters by it as themselves."
    if proof is Proof.ANOTHER_OWNER:
        return "test its Connection yourself first, so that you know that you can still enter."
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a domain stands after its last check."""

    state: State
    missed_checks: int = 0


def claimable_name(text: str) -> str:
    """Return the ASCII form (IDNA 2008) of a domain that an Organization can claim, in lower case.

    Raises InvalidValue for IP addresses, single labels, public suffixes, free mailers, and what is no domain name.
    """
    name = _ascii(text)
    if _is_address(name):
        raise _wrong("is an IP address; name the domain of your e-mail addresses.")
    if "." not in name or name.rpartition(".")[2] in _SPECIAL:
        raise _wrong("is no domain of the public DNS, so nobody can prove it.")
    if _suffixes().privatesuffix(name) is None:
        raise _wrong("is a public suffix, under which many others have their domains; claim your own one below it.")
    if not _free_mailers().isdisjoint(_with_parents(name)):
        raise _wrong("belongs to a mail service at which anybody can have an address; claim your own domain.")
    return name


def unicode_name(name: str) -> str:
    """Return how people read a domain; letters of other scripts than Latin look alike, so show the ASCII form too."""
    return idna.decode(name)


def after_recheck(before: Standing, finding: Finding) -> Standing:
    """Decide how a proved domain stands after a check that nobody asked for.

    A silent DNS says nothing about the domain, so it neither counts as a miss nor forgives one.
    """
    if before.state is not State.VERIFIED or finding is Finding.UNKNOWN:
        return before
    if finding is Finding.PROVED:
        return replace(before, missed_checks=0)
    missed = before.missed_checks + 1
    return Standing(State.SUSPENDED if missed >= MISSES_BEFORE_SUSPENSION else State.VERIFIED, missed)


def proved_by(findings: Sequence[Finding]) -> Finding:
    """Return what several resolvers say of a claim together: proved where all that answer see the proof.

    So a resolver that lies, or was lied to, proves nothing as long as another one answers.
    """
    answered = [finding for finding in findings if finding is not Finding.UNKNOWN]
    if not answered:
        return Finding.UNKNOWN
    return Finding.PROVED if all(finding is Finding.PROVED for finding in answered) else Finding.MISSING


def still_seen_by(findings: Sequence[Finding]) -> Finding:
    """Return what several resolvers say of a proved domain together: a proof that one of them sees is still there."""
    for finding in (Finding.PROVED, Finding.MISSING):
        if finding in findings:
            return finding
    return Finding.UNKNOWN


def _ascii(text: str) -> str:
    # Before any work on it: mapping is slow on long text.
    if len(text) > MAX_NAME_LENGTH:
        raise _wrong(f"is longer than {MAX_NAME_LENGTH} characters.")
    plain = text.strip().removesuffix(".")
    if _is_address(plain.strip("[]")):
        return plain.strip("[]")
    try:
        name = idna.encode(plain, uts46=True, std3_rules=True).decode().lower()
    except (UnicodeError, ValueError):  # IDNAError is one
        raise _wrong("is no domain name.") from None
    if len(name) > _MAX_CLAIM_LENGTH:
        raise _wrong(f"is longer than {_MAX_CLAIM_LENGTH} characters.")
    return name


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # No top-level domain begins with a digit: what does is an address in one of its odd forms (127.1, 0x7f.1).
        return text.rpartition(".")[2][:1].isdigit()
    return True


def _with_parents(name: str) -> set[str]:
    labels = name.split(".")
    return {".".join(labels[start:]) for start in range(len(labels))}


def _wrong(reason: str) -> InvalidValue:
    return InvalidValue(f"This name {reason}", field="name")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _free_mailers() -> frozenset[str]:
    lines = _FREE_MAILERS.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))

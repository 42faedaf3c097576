"""Keyed hashes over audit events, so that whoever edits the table without the server's key is found out.

The key is derived from the secret key, which never lies in the database.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

import orjson
from flask import current_app

# What the hash of an event covers, in this order, as it is stored: all of the row but its place in the chain.
FIELDS = (
    "organization_id",
    "id",
    "occurred_at",
    "action",
    "actor_type",
    "actor_id",
    "actor_name",
    "target_type",
    "target_id",
    "changes",
    "request_id",
    "ip_address",
    "user_agent",
)
SEAL_FIELDS = ("organization_id", "start_position", "start_chain", "end_position", "end_chain", "sealed_at")
_PURPOSE = b"scim-server audit log"


class Verdict(Enum):
    """What a hash says of what it covers."""

    GENUINE = auto()
    FORGED = auto()
    # Written under a secret key that the settings no longer name.
    UNKNOWN_KEY = auto()


class AuditKeys:
    """Signs with the first key and knows the hashes of all. A hash begins with the mark of its key."""

    def __init__(self, signing_keys: Sequence[str]) -> None:
        secrets = [hmac.digest(key.encode(), _PURPOSE, "sha256") for key in signing_keys]
        self._secrets = {hashlib.sha256(secret).hexdigest()[:8]: secret for secret in secrets}
        self._mark, self._secret = next(iter(self._secrets.items()))

    def of_event(self, row: Mapping[str, Any]) -> str:
        """Return the hash of an event; `changes` is the text that is stored."""
        return self._sign(_of_event(row))

    def judge_event(self, row: Mapping[str, Any], digest: str | None) -> Verdict:
        """Tell whether an event is as it was written."""
        return self._judge(_of_event(row), digest)

    def link(self, chain: str, position: int, event_id: str, digest: str | None) -> str:
        """Return the chain value of an event that follows the one with this chain value."""
        return self._sign(_of_link(chain, position, event_id, digest))

    def judge_link(self, chain: str, position: int, event_id: str, digest: str | None, link: str | None) -> Verdict:
        """Tell whether an event stands where it was put."""
        return self._judge(_of_link(chain, position, event_id, digest), link)

    def of_seal(self, seal: Mapping[str, Any]) -> str:
        """Return the hash of where a chain begins and ends."""
        return self._sign(_of_seal(seal))

    def judge_seal(self, seal: Mapping[str, Any], digest: str) -> Verdict:
        """Tell whether beginning and end of a chain are as they were written."""
        return self._judge(_of_seal(seal), digest)

    def _sign(self, message: bytes) -> str:
        return f"{self._mark}:{hmac.digest(self._secret, message, 'sha256').hex()}"

    def _judge(self, message: bytes, digest: str | None) -> Verdict:
        mark, _, value = (digest or "").partition(":")
        secret = self._secrets.get(mark)
        if secret is None:
            return Verdict.UNKNOWN_KEY if value else Verdict.FORGED
        right = hmac.compare_digest(hmac.digest(secret, message, "sha256").hex(), value)
        return Verdict.GENUINE if right else Verdict.FORGED


def audit_keys() -> AuditKeys:
    """Return the keys of the running application."""
    keys: AuditKeys = current_app.extensions["audit_keys"]
    return keys


def _of_event(row: Mapping[str, Any]) -> bytes:
    # JSON keeps apart what stands side by side: no two rows have the same text.
    return orjson.dumps(["event", *[row[field] for field in FIELDS]])


def _of_link(chain: str, position: int, event_id: str, digest: str | None) -> bytes:
    return orjson.dumps(["link", chain, position, event_id, digest])


def _of_seal(seal: Mapping[str, Any]) -> bytes:
    return orjson.dumps(["seal", *[seal[field] for field in SEAL_FIELDS]])

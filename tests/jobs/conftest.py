"""The outbox of a test."""

from tests.support.outbox import certificate, outbox

__all__ = ["certificate", "outbox"]

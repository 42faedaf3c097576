"""What can become of a call: each error's message is for whoever configured the address, and holds no secret."""


class OutboundError(Exception):
    """A call that gave no answer that can be used; the message says why and names the host."""


class CallRefused(OutboundError):
    """An address that this server does not call."""


class Unreachable(OutboundError):
    """No answer: no such name, no connection, no valid certificate, or not in time."""


class Unusable(OutboundError):
    """An answer that is too large, compressed, redirected too often, or not of the expected kind."""

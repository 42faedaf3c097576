"""One-time and standing links that people are sent: their base is the public URL alone, and what they end as."""

from flask import current_app

from scim_server.protocol.errors import ScimError


class LinkEnded(ScimError):
    """A link of a mail that was used, is too old, or never was one."""

    status = 410
    default_detail = "This link has been used or is too old. Ask for another one; only the newest works."


def public_url() -> str:
    """Return the base of all links, whatever Host the request named."""
    return str(current_app.config["PUBLIC_URL"])


def link(path: str, secret: str) -> str:
    """Return the address that a mail sends a person to."""
    return f"{public_url()}{path}/{secret}"

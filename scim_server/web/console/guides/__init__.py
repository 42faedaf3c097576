"""How each identity provider is set up, as data: the console shows it with the Organization's values, and so do docs.

What is said here of a provider's first requests and habits is what it was seen to send (docs/guides, tests/idp).
"""

from scim_server.web.console.guides import catalogue_apps, self_hosted
from scim_server.web.console.guides.model import Guide, Step, Value

__all__ = ["GUIDES", "Guide", "Step", "Value", "guide_of"]

GUIDES: tuple[Guide, ...] = (*catalogue_apps.GUIDES, *self_hosted.GUIDES)


def guide_of(slug: str | None) -> Guide | None:
    """Return the guide of this name."""
    return next((guide for guide in GUIDES if guide.slug == slug), None)

"""The SCIM 2.0 endpoints under /scim/v2/{organization}/ (RFC 7644)."""

# Importing a module of routes registers them.
from scim_server.web.scim import bulk, discovery, lists, me, resources
from scim_server.web.scim.blueprint import scim

__all__ = ["bulk", "discovery", "lists", "me", "resources", "scim"]

"""The management API under /v1: what an Organization Owner does, for scripts and for the console."""

from scim_server.web.management.api import set_up_management

__all__ = ["set_up_management"]

"""A self-hosted identity provisioning server (SCIM 2.0, organizations, just-in-time membership)."""

__version__ = "0.1.0"

"""Outbound: every call to an address that somebody configured goes through the one client of this package."""

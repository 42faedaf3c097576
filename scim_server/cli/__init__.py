"""The command line: `scim-server`."""

from scim_server.cli.main import main

__all__ = ["main"]

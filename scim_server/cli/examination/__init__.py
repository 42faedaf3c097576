"""The checks of `scim-server doctor`: each looks at one thing and returns a Finding."""

from scim_server.cli.examination.findings import Finding, State
from scim_server.cli.examination.service import examine

__all__ = ["Finding", "State", "examine"]

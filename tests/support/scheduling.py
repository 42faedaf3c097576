"""Which tests of a parallel run share a worker.

pytest-xdist 3.8 writes the group of a test into its node id where pytest 9.2 no longer looks for it, so that marks of
groups would be ignored in silence (`--dist loadgroup`); the folder says it as well.
"""

from xdist.scheduler import LoadGroupScheduling

# What their tests share takes many seconds to start.
TOGETHER = ("tests/browser/", "tests/canaille/", "tests/cli/client/", "tests/cli/simulation/")


class ByFolder(LoadGroupScheduling):
    """Keeps the tests of each of these folders in one worker, and hands out all others one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)

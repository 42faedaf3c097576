"""Have the statistics counted for one Organization: the tests of a worker leave thousands in one database."""

import pytest

from scim_server.statistics import service


def count_of(organization_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the jobs that count, for this Organization alone."""
    with monkeypatch.context() as patched:
        table = service._organizations
        patched.setattr(service, "_EVERY", service._EVERY.where(table.c.id == organization_id))
        service.count_members()
        service.count_moves()

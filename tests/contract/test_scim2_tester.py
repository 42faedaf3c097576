"""scim2-tester judges the whole server as a client that trusts nothing but the published schemas."""

from collections import Counter

from flask import Flask
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import CheckResult, Status, check_server

from tests.conftest import Organization

# All that scim2-tester 0.5.2 checks against the schemas of RFC 7643 with the enterprise extension.
CHECKS = 135


def test_scim2_tester_finds_nothing(app: Flask, organization: Organization) -> None:
    client = WSGISCIMClient(
        app.wsgi_app,
        base_url=f"{app.config['PUBLIC_URL']}/scim/v2/{organization.id}",
        headers={"Authorization": f"Bearer {organization.token}"},
    )
    results = check_server(client)
    told = "\n".join(map(_tell, filter(lambda result: result.status is not Status.SUCCESS, results)))
    assert not told, f"{len(results)} checks:\n{told}"
    assert Counter(result.status for result in results) == {Status.SUCCESS: CHECKS}


def _tell(result: CheckResult) -> str:
    return (
        f"{result.status.name} {result.title} [{', '.join(sorted(result.tags))}]: {result.reason} {result.data or ''}"
    )

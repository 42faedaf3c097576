"""Connections as the operator's commands name them: by id, by name, or the first."""

import pytest

from scim_server.connections.service import change_connection, find_connection, read_connection
from scim_server.protocol.errors import NotFound
from tests.conftest import OPERATOR, Organization
from tests.support.api import ApiClient, good


def test_connections_are_found_by_id_and_name(api: ApiClient, organization: Organization) -> None:
    first = read_connection(organization.id)
    second = good(api.post("/connections", {"name": "Entra"}))
    assert find_connection(organization.id) == first
    assert find_connection(organization.id, first.id) == first
    assert find_connection(organization.id, "Entra").id == second["id"]
    with pytest.raises(NotFound) as caught:
        find_connection(organization.id, "Okta")
    assert "'Identity provider'" in caught.value.detail
    assert f"'Entra' ({second['id']})" in caught.value.detail


def test_a_change_is_of_the_one_that_is_named(api: ApiClient, organization: Organization) -> None:
    second = good(api.post("/connections", {"name": "Entra"}))
    change_connection(
        organization.id, OPERATOR, automatic_membership=None, unknown_members="refuse", connection_id=second["id"]
    )
    assert find_connection(organization.id, second["id"]).automatic_membership is None
    assert read_connection(organization.id).automatic_membership == "ORGANIZATION_MEMBER"

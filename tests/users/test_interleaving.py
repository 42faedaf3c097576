"""What another client changes between the read and the write of a change is neither lost nor overwritten.

PostgreSQL changes a User without a lock where one statement is enough; SQLite takes turns in any case.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scim_server.users import store
from tests.support.client import ScimClient

Between = Callable[[Callable[[], Any]], None]


@pytest.fixture
def between(backend: str, monkeypatch: pytest.MonkeyPatch) -> Between:
    """Do work once, in a thread of its own, after the next User was read to be changed."""
    if backend != "postgresql":
        pytest.skip("SQLite takes turns")

    def arrange(work: Callable[[], Any]) -> None:
        read = store.lock_user

        def read_and_work(*arguments: Any, **options: Any) -> Any:
            found = read(*arguments, **options)
            monkeypatch.setattr(store, "lock_user", read)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(work).result()
            return found

        monkeypatch.setattr(store, "lock_user", read_and_work)

    return arrange


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def test_both_changes_are_kept(scim: ScimClient, between: Between) -> None:
    bob = scim.create_user("bob", emails=[{"value": "one@example.org"}, {"value": "two@example.org"}])["id"]
    between(lambda: scim.patch(f"/Users/{bob}", replace("title", "Engineer")))

    answer = scim.patch(f"/Users/{bob}", replace("emails", [{"value": "three@example.org"}]))

    assert answer.status_code == 200
    user = scim.get(f"/Users/{bob}").get_json(force=True)
    assert user["title"] == "Engineer"
    assert user["emails"] == [{"value": "three@example.org"}]
    assert user["meta"]["version"] == answer.headers["ETag"] == 'W/"3"'
    assert scim.filter("/Users", 'emails.value eq "two@example.org"').get_json(force=True)["totalResults"] == 0


def test_a_user_who_was_deleted_is_not_found(scim: ScimClient, between: Between) -> None:
    bob = scim.create_user("bob")["id"]
    between(lambda: scim.delete(f"/Users/{bob}"))

    assert scim.patch(f"/Users/{bob}", replace("emails", [{"value": "a@example.org"}])).status_code == 404


def test_a_precondition_is_judged_again(scim: ScimClient, between: Between) -> None:
    bob = scim.create_user("bob")["id"]
    between(lambda: scim.patch(f"/Users/{bob}", replace("title", "Engineer")))

    refused = scim.patch(f"/Users/{bob}", replace("title", "Pilot"), headers={"If-Match": 'W/"1"'})

    assert refused.status_code == 412
    assert scim.get(f"/Users/{bob}").get_json(force=True)["title"] == "Engineer"


def test_a_name_that_was_taken_is_told(scim: ScimClient, between: Between) -> None:
    bob = scim.create_user("bob")["id"]
    between(lambda: scim.create_user("robert"))

    refused = scim.patch(f"/Users/{bob}", replace("userName", "robert"))

    assert refused.status_code == 409
    assert "'robert'" in refused.get_json(force=True)["detail"]

"""The database answers every filter and every order as the evaluator in memory does over the wire's documents."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from scim_server.protocol.attributes import Attribute, AttributePath, ResourceType, Returned, Type
from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters import matches, parse
from scim_server.protocol.schemas import GROUP, USER
from scim_server.protocol.values import comparable
from tests.conftest import make_organization
from tests.contract.people import GROUPS, PEOPLE
from tests.support.client import SEARCH, ScimClient

TYPES = {"Users": USER, "Groups": GROUP}


@dataclass(frozen=True, repr=False)
class Stored:
    """The Organization of this module with all its resources as they are on the wire."""

    scim: ScimClient
    documents: dict[str, list[dict[str, Any]]]

    def found(self, endpoint: str, **parameters: Any) -> list[str]:
        """Return the ids that the server lists, in its order."""
        body = {"schemas": [SEARCH], "count": 1_000, "attributes": ["id"], **parameters}
        answer = self.scim.post(f"/{endpoint}/.search", body)
        assert answer.status_code == 200, f"{parameters}: {answer.get_data(as_text=True)}"
        page = answer.get_json(force=True)
        ids = [each["id"] for each in page.get("Resources", [])]
        assert page["totalResults"] == len(ids)
        return ids

    def expected(self, endpoint: str, text: str) -> list[str]:
        """Return the ids that the evaluator in memory finds."""
        filter_ = parse(text, TYPES[endpoint])
        return [each["id"] for each in self.documents[endpoint] if matches(filter_, each)]

    def compare(self, endpoint: str, text: str) -> None:
        """Fail where database and memory differ, and name those they differ in."""
        found, expected = set(self.found(endpoint, filter=text)), set(self.expected(endpoint, text))
        names = {each["id"]: each.get("userName", each.get("displayName")) for each in self.documents[endpoint]}
        assert found == expected, (
            f"{text}: only the database finds {[names[each] for each in found - expected]}, "
            f"only memory finds {[names[each] for each in expected - found]}"
        )


@pytest.fixture(scope="module")
def stored(app: Flask) -> Stored:
    with app.app_context():
        organization = make_organization("Storage contract")
    scim = ScimClient(app, organization.id, organization.token)
    ids: dict[str, str] = {}
    for person in PEOPLE:
        attributes = {name: value for name, value in person.items() if name != "userName"}
        ids[person["userName"]] = scim.create_user(person["userName"], **attributes)["id"]
    for name, members in GROUPS:
        scim.create_group(name, *(ids[member] for member in members), externalId=f"G-{name}")
    scim.patch(f"/Users/{ids['true']}", {"op": "remove", "path": "active"})
    documents = {each: scim.get(f"/{each}?count=1000").get_json(force=True)["Resources"] for each in TYPES}
    assert len(documents["Users"]) == len(PEOPLE)
    return Stored(scim, documents)


USER_FILTERS = [
    'userName eq "DAVE_%"',
    'userName sw "dave_"',
    'userName co "_%"',
    'userName ew "%"',
    'userName ne "bobby"',
    'displayName co "50%"',
    'displayName sw "50 "',
    'displayName eq "cafÉ"',
    'displayName eq "strasse"',
    'displayName eq "iiii"',
    'displayName co "\u0131"',
    'displayName ew "\u03c2"',
    'title eq ""',
    "title pr",
    "not (title pr)",
    'title ne "0"',
    'not (title eq "0")',
    "title eq null",
    "title ne null",
    'nickName sw "a_"',
    'nickName eq "ZOE\u0308"',
    'externalId eq "Ext-A"',
    'externalId eq "EXT-A"',
    'externalId ne "ext-a"',
    "externalId pr",
    'externalId gt "a"',
    "active eq true",
    "active eq false",
    "active ne true",
    "active pr",
    "not (active eq true)",
    'active eq "True"',
    'name.familyName eq "MC DONALD"',
    "name pr",
    "not (name.givenName pr)",
    'name.familyName ge "mc"',
    'emails eq "bob@example.org"',
    'emails.value sw "BOB@"',
    'emails.type eq "work" and emails.value co "home"',
    'emails[type eq "work" and value co "home"]',
    'emails[type eq "home"].value ew ".test"',
    'emails[type ne "work"]',
    "emails[not (type pr)]",
    "emails[primary eq true]",
    "emails[primary ne true]",
    'not (emails[type eq "work"])',
    'emails.type ne "work"',
    "emails pr",
    "emails.primary pr",
    'phoneNumbers[type eq "work"].value eq "+49 221 1"',
    'phoneNumbers.value eq "%"',
    'phoneNumbers[type eq "mobile" or primary eq true]',
    'addresses.locality eq "KÖLN"',
    "addresses[not (country pr)]",
    'ims.value co "_"',
    'roles.value eq "ADMIN"',
    "roles[primary ne true]",
    'x509Certificates.value eq "TUlJQw=="',
    'profileUrl eq "https://example.org/a"',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&D"',
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value pr",
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber lt "1"',
    'schemas sw "urn:IETF"',
    'schemas gt "urn:ietf:params:scim:schemas:d"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'schemas ne "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'meta.resourceType eq "User"',
    'meta.created gt "2011-05-13T04:42:34Z"',
    'meta.lastModified lt "2011-05-13T04:42:34+02:00"',
    'meta.version eq "W/\\"1\\""',
    "meta.location pr",
    'id gt "0"',
    'groups.display eq "crew_%"',
    'groups.display sw "ä"',
    "groups pr",
    "not (groups pr)",
    'groups[type eq "direct" and display ew "x"]',
    'groups.type eq "direct"',
    'userName eq "x" or title eq "0" and active ne false',
    '(userName eq "null" or title eq "0") and not (active eq true)',
]

GROUP_FILTERS = [
    'displayName eq "crew_%"',
    'displayName co "_"',
    'displayName sw "är"',
    'displayName gt "crew"',
    'externalId sw "G-"',
    'externalId sw "g-"',
    "members pr",
    "not (members pr)",
    'members.type eq "User"',
    'members.type eq "Group"',
    'members.display eq "50% off"',
    'members[display eq "null"]',
    'members.value eq "nobody"',
]


@pytest.mark.parametrize("text", USER_FILTERS)
def test_user_filters(stored: Stored, text: str) -> None:
    stored.compare("Users", text)


@pytest.mark.parametrize("text", GROUP_FILTERS)
def test_group_filters(stored: Stored, text: str) -> None:
    stored.compare("Groups", text)


@pytest.mark.parametrize("endpoint", TYPES)
def test_members_and_groups_are_found_by_id(stored: Stored, endpoint: str) -> None:
    attribute = "groups" if endpoint == "Users" else "members"
    other = "Groups" if endpoint == "Users" else "Users"
    for document in stored.documents[other]:
        stored.compare(endpoint, f'{attribute}.value eq "{document["id"]}"')
        stored.compare(endpoint, f'{attribute} ne "{document["id"]}"')
        stored.compare(endpoint, f'{attribute}.$ref eq "{document["meta"]["location"]}"')


def test_the_contract_can_fail(stored: Stored) -> None:
    """Guard the guard: most of the filters above find somebody, and none of them finds everybody."""
    found = [len(stored.expected("Users", text)) for text in USER_FILTERS]
    assert sum(0 < number < len(PEOPLE) for number in found) > len(USER_FILTERS) * 3 // 4


def _texts(documents: Sequence[dict[str, Any]]) -> list[str]:
    """Return every string of the resources, and parts of them."""
    found: set[str] = {"", "%", "_", "\\", "'", "nobody", "\U0010ffff", "2026-01-01T00:00:00Z"}

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            list(map(collect, value.values()))
        elif isinstance(value, list):
            list(map(collect, value))
        elif isinstance(value, str):
            found.update((value, value[:2], value[-2:], value.upper(), value.swapcase()))

    collect(list(documents))
    return sorted(each for each in found if len(each) < 400)


def _paths(resource_type: ResourceType) -> list[tuple[str, Attribute]]:
    """Return every path that a comparison may name, with its attribute."""
    paths: list[tuple[str, Attribute]] = []
    for prefix, attributes in [("", resource_type.attributes)] + [
        (f"{extension.id}:", extension.attributes) for extension in resource_type.extensions
    ]:
        for attribute in attributes:
            if attribute.returned is Returned.NEVER:
                continue
            if not attribute.is_complex:
                paths.append((prefix + attribute.name, attribute))
            paths += [(f"{prefix}{attribute.name}.{sub.name}", sub) for sub in attribute.sub_attributes]
    return paths


_TEXTS = _texts([*PEOPLE, {"names": [name for name, _ in GROUPS]}])
_ORDERED = ["eq", "ne", "gt", "ge", "lt", "le"]


def _comparison(path: str, attribute: Attribute) -> st.SearchStrategy[str]:
    present = st.just(f"{path} pr")
    if attribute.type is Type.BOOLEAN:
        return st.one_of(
            present,
            st.builds(
                "{} {} {}".format, st.just(path), st.sampled_from(["eq", "ne"]), st.sampled_from(["true", "false"])
            ),
        )
    if attribute.type is Type.DATE_TIME:
        moments = st.sampled_from(["2011-05-13T04:42:34Z", "2030-01-01T00:00:00.5+01:00"])
        return st.one_of(present, st.builds('{} {} "{}"'.format, st.just(path), st.sampled_from(_ORDERED), moments))
    operators = ["eq", "ne"] if attribute.type is Type.BINARY else [*_ORDERED, "co", "sw", "ew"]
    literals = st.one_of(st.sampled_from(_TEXTS), st.text(max_size=4)).map(json.dumps)
    return st.one_of(present, st.builds("{} {} {}".format, st.just(path), st.sampled_from(operators), literals))


def _filters(resource_type: ResourceType) -> st.SearchStrategy[str]:
    plurals = [each for each in resource_type.attributes if each.multi_valued and each.is_complex]
    leaves = [_comparison(*pair) for pair in _paths(resource_type)]
    return _combined(_any_of([*leaves, *(_within(each) for each in plurals)]))


def _within(attribute: Attribute) -> st.SearchStrategy[str]:
    inner = _any_of([_comparison(sub.name, sub) for sub in attribute.sub_attributes])
    return _combined(inner).map(lambda text: f"{attribute.name}[{text}]")


def _any_of(strategies: list[st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    return st.sampled_from(strategies).flatmap(lambda strategy: strategy)


def _combined(base: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        base,
        lambda inner: st.one_of(
            st.builds("({}) and ({})".format, inner, inner),
            st.builds("({}) or ({})".format, inner, inner),
            st.builds("not ({})".format, inner),
        ),
        max_leaves=4,
    )


@settings(max_examples=300)
@given(text=_filters(USER))
def test_random_user_filters(stored: Stored, text: str) -> None:
    _compare_if_parsed(stored, "Users", text)


@settings(max_examples=150)
@given(text=_filters(GROUP))
def test_random_group_filters(stored: Stored, text: str) -> None:
    _compare_if_parsed(stored, "Groups", text)


def _compare_if_parsed(stored: Stored, endpoint: str, text: str) -> None:
    try:
        parse(text, TYPES[endpoint])
    except InvalidFilter:
        answer = stored.scim.filter(f"/{endpoint}", text)
        assert answer.status_code == 400
        return
    stored.compare(endpoint, text)


SORTS = [
    "userName",
    "displayName",
    "externalId",
    "active",
    "title",
    "nickName",
    "name.familyName",
    "emails",
    "emails.type",
    "emails.primary",
    "phoneNumbers",
    "phoneNumbers.type",
    "addresses.locality",
    "roles",
    "id",
    "meta.created",
    "meta.lastModified",
    "profileUrl",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
]


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("sort_by", SORTS)
def test_orders(stored: Stored, sort_by: str, order: str) -> None:
    path = USER.resolve(sort_by)
    assert path is not None
    expected = _sorted(stored.documents["Users"], path, descending=order == "descending")
    assert stored.found("Users", sortBy=sort_by, sortOrder=order) == expected


@settings(max_examples=60)
@given(
    text=_filters(USER),
    sort_by=st.sampled_from(SORTS),
    order=st.sampled_from(["ascending", "descending"]),
    count=st.integers(1, 7),
)
def test_pages_are_cuts_of_one_order(stored: Stored, text: str, sort_by: str, order: str, count: int) -> None:
    """Walk by index and by cursor: both give every match once, in the order that memory puts them."""
    try:
        matching = set(stored.expected("Users", text))
    except InvalidFilter:
        return
    path = USER.resolve(sort_by)
    assert path is not None
    ordered = _sorted(stored.documents["Users"], path, descending=order == "descending")
    expected = [each for each in ordered if each in matching]
    parameters = {"filter": text, "sortBy": sort_by, "sortOrder": order, "count": count, "attributes": ["id"]}
    by_index: list[str] = []
    while len(by_index) < len(expected):
        page = stored.scim.post("/Users/.search", {"schemas": [SEARCH], "startIndex": len(by_index) + 1, **parameters})
        by_index += [each["id"] for each in page.get_json(force=True)["Resources"]]
    by_cursor: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = stored.scim.post("/Users/.search", {"schemas": [SEARCH], "cursor": cursor, **parameters})
        by_cursor += [each["id"] for each in page.get_json(force=True).get("Resources", [])]
        cursor = page.get_json(force=True).get("nextCursor")
    assert by_index == expected
    assert by_cursor == expected


def _sorted(documents: list[dict[str, Any]], path: AttributePath, *, descending: bool) -> list[str]:
    """Order as RFC 7644 §3.4.2.3 says: the primary or first element stands for all, missing values come last, or
    first where descending; equals keep the order of their ids.
    """

    def compare(one: tuple[Any, str], other: tuple[Any, str]) -> int:
        (key, own_id), (other_key, other_id) = one, other
        if key != other_key:
            later = key is None if None in {key, other_key} else key > other_key
            return 1 if later is not descending else -1
        return 1 if own_id > other_id else -1

    keyed = [(_key(document, path), document["id"]) for document in documents]
    return [resource_id for _, resource_id in sorted(keyed, key=cmp_to_key(compare))]


def _key(document: dict[str, Any], path: AttributePath) -> Any:
    value: Any = document.get(path.extension, {}) if path.extension else document
    attribute, leaf = path.attribute, path.leaf
    assert attribute is not None
    value = value.get(attribute.name)
    if attribute.multi_valued and value:
        value = next((each for each in value if each.get("primary")), value[0])
    if attribute.is_complex:
        sub = path.sub_attribute or attribute.sub_attribute("value")
        assert sub is not None
        value, leaf = (value or {}).get(sub.name), sub
    assert leaf is not None
    return None if value is None else comparable(leaf, value)

"""Every decision about roles, as tables and as properties."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.audit.service import ActorType, Origin
from scim_server.protocol.errors import Forbidden
from scim_server.roles.authority import Authority, Requester
from scim_server.roles.catalogue import UnknownRole, catalogue
from scim_server.roles.places import Place, PlaceScope
from scim_server.roles.policy import (
    BindingChange,
    Granted,
    Held,
    beside,
    binding_changes,
    may_grant,
    most_privileged,
    most_privileged_organization_role,
    permissions_at,
    permissions_of,
    planned,
)

W, X = Place("w"), Place("x")
D, E = Place("w", "d"), Place("x", "e")
DAG, TAG = Place("w", "d", "dag"), Place("w", "d", None, "tag")
PLACES = (W, X, D, E, DAG, TAG)
ORGANIZATION_ROLES = (None, *catalogue().organization.names)
LOWER = {scope: catalogue().scopes[scope.catalogue_name].names for scope in PlaceScope}


def short(value: Held | Place) -> str:
    """Return the name of a case, the same in every process: the order in a set of permissions is not."""
    return value.text if isinstance(value, Place) else f"{value.place.text}:{value.role}"


def held(place: Place, role: str, *custom: str) -> Held:
    return Held(place, role, permissions_of(place.scope, role, custom))


def authority(organization_role: str | None, *roles: Held) -> Authority:
    return Authority(organization_role, lambda: roles)


def all_roles() -> list[Held]:
    return [held(place, role) for place in PLACES for role in LOWER[place.scope]]


# Places


def test_places_spell_themselves_and_know_what_they_lie_in() -> None:
    assert [(place.scope.value, place.text, place.above) for place in PLACES] == [
        ("WORKSPACE", "workspace/w", ()),
        ("WORKSPACE", "workspace/x", ()),
        ("DEPLOYMENT", "deployment/d", (W,)),
        ("DEPLOYMENT", "deployment/e", (X,)),
        ("DAG", "dag/d/id/dag", (D, W)),
        ("DAG", "dag/d/tag/tag", (D, W)),
    ]


def test_dag_and_tag_of_the_same_name_are_two_places() -> None:
    assert Place("w", "d", "same").text != Place("w", "d", None, "same").text


# Who may do what where


@pytest.mark.parametrize(("own", "place"), list(product(all_roles(), PLACES)), ids=short)
def test_role_permits_on_its_place_and_on_what_lies_in_it(own: Held, place: Place) -> None:
    expected = own.permissions if own.place in {place, *place.above} else frozenset()

    for organization_role in ORGANIZATION_ROLES:
        permitted = permissions_at(place, organization_role, [own])
        if organization_role == catalogue().owner:
            assert permitted == catalogue().workspace_owner_permissions
        else:
            assert permitted == expected


def test_roles_add_up() -> None:
    custom = held(D, "Deployer", "deployment.deploys.create", "deployment.get")

    permitted = permissions_at(D, None, [held(W, "WORKSPACE_MEMBER"), custom])

    assert permitted == held(W, "WORKSPACE_MEMBER").permissions | custom.permissions


def test_custom_role_that_is_gone_permits_nothing() -> None:
    assert permissions_of(PlaceScope.DEPLOYMENT, "Gone") == frozenset()


# Who may grant what


@pytest.mark.parametrize(("own", "granted"), list(product(ORGANIZATION_ROLES, catalogue().organization.names)))
def test_nobody_grants_an_organization_role_above_their_own(own: str | None, granted: str) -> None:
    names = catalogue().organization.names
    expected = own is not None and names.index(granted) >= names.index(own)

    assert authority(own).may_grant(granted) is expected


def test_unknown_organization_role_cannot_be_granted() -> None:
    with pytest.raises(UnknownRole):
        authority("ORGANIZATION_OWNER").may_grant("ORGANIZATION_EMPEROR")


@pytest.mark.parametrize(("own", "granted"), list(product(all_roles(), all_roles())), ids=short)
def test_nobody_grants_on_a_place_what_they_may_not_do_there(own: Held, granted: Held) -> None:
    """Within a scope that is the order of the roles; across scopes it is what they permit."""
    covers = own.place in {granted.place, *granted.place.above}
    permitted = may_grant(granted.permissions, permissions_at(granted.place, None, [own]))

    if not covers:
        assert not permitted
    elif own.place.scope is granted.place.scope:
        names = LOWER[own.place.scope]
        assert permitted is (names.index(granted.role) >= names.index(own.role))
    else:
        assert permitted is (granted.permissions <= own.permissions)


@pytest.mark.parametrize("granted", all_roles(), ids=short)
def test_owners_of_all_kinds_grant_every_role_in_what_they_own(granted: Held) -> None:
    own = held(Place(granted.place.workspace_id), "WORKSPACE_OWNER")

    assert may_grant(granted.permissions, permissions_at(granted.place, None, [own]))
    assert may_grant(granted.permissions, permissions_at(granted.place, catalogue().owner, []))


@given(
    own=st.frozensets(st.sampled_from(sorted(catalogue().scopes["deployment"].custom_permissions))),
    granted=st.frozensets(st.sampled_from(sorted(catalogue().scopes["deployment"].custom_permissions))),
)
def test_custom_role_is_grantable_where_it_permits_no_more(own: frozenset[str], granted: frozenset[str]) -> None:
    requester = Requester("o", authority(None, Held(D, "Own", own)), Origin(ActorType.SYSTEM))

    for place in (D, DAG):
        assert may_grant(granted, requester.authority.permissions_at(place)) is (granted <= own)
    if not granted <= own:
        with pytest.raises(Forbidden):
            requester.require_grantable_at("Granted", granted, D)
    assert not granted or not may_grant(granted, requester.authority.permissions_at(E))


def test_owners_bindings_are_never_read() -> None:
    def read() -> tuple[Held, ...]:
        raise AssertionError

    owner = Authority(catalogue().owner, read)

    assert owner.permits_at("workspace.delete", W)
    assert owner.permits_somewhere("workspace.users.update")
    assert owner.permits("organization.users.update")


def test_callers_without_all_see_the_workspaces_of_their_roles() -> None:
    def visible(organization_role: str | None, *roles: Held) -> frozenset[str] | None:
        requester = Requester("o", authority(organization_role, *roles), Origin(ActorType.SYSTEM))
        return requester.visible_workspaces("organization.workspaces.get")

    accessor = held(W, "WORKSPACE_ACCESSOR")
    assert visible("ORGANIZATION_OWNER", accessor) is None
    assert visible("ORGANIZATION_MEMBER") == frozenset()
    assert visible("ORGANIZATION_MEMBER", accessor, held(E, "DEPLOYMENT_ADMIN")) == {"w"}
    assert visible(None, accessor) == {"w"}
    with pytest.raises(Forbidden):
        visible(None)


# The most privileged


@pytest.mark.parametrize("scope", PlaceScope)
def test_most_privileged_stands_first_in_the_catalogue(scope: PlaceScope) -> None:
    place = {PlaceScope.WORKSPACE: W, PlaceScope.DEPLOYMENT: D, PlaceScope.DAG: DAG}[scope]
    for one, other in product(LOWER[scope], repeat=2):
        best = most_privileged([held(place, one), held(place, other)])
        assert best is not None
        assert best.role == min(one, other, key=LOWER[scope].index)
    assert most_privileged([]) is None


@given(st.lists(st.sampled_from(catalogue().organization.names), max_size=6))
def test_organization_role_is_the_most_privileged_of_all(roles: list[str]) -> None:
    best = most_privileged_organization_role(roles)

    assert (best is None) is (not roles)
    if best is not None:
        names = catalogue().organization.names
        assert best in roles
        assert all(names.index(best) <= names.index(role) for role in roles)


PERMISSIONS = st.frozensets(st.sampled_from("abcdef"))


@given(st.lists(st.tuples(st.text("xyz", min_size=1), PERMISSIONS), min_size=1, unique_by=lambda role: role[0]))
def test_no_held_role_permits_more_than_the_most_privileged(roles: list[tuple[str, frozenset[str]]]) -> None:
    found = [Held(D, name, permissions) for name, permissions in roles]

    best = most_privileged(found)

    assert best in found
    assert not any(best.permissions < other.permissions for other in found)
    assert best == most_privileged(reversed(found))


# Replacing lists


def granted(place: Place, role: str) -> Granted:
    return Granted(place, role)


def automatic(place: Place) -> Granted:
    return Granted(place, f"{place.scope.value}_ACCESSOR", is_automatic=True)


Lists = dict[PlaceScope, list[Granted]]
WS, DS, GS = PlaceScope.WORKSPACE, PlaceScope.DEPLOYMENT, PlaceScope.DAG
MEMBER, ADMIN, VIEWER = granted(W, "WORKSPACE_MEMBER"), granted(D, "DEPLOYMENT_ADMIN"), granted(DAG, "DAG_VIEWER")
ACCESSOR = granted(W, "WORKSPACE_ACCESSOR")
ON_X = granted(X, "WORKSPACE_AUTHOR")

# What is held, what is supplied, and what is held then.
PLANS: dict[str, tuple[list[Granted], Lists, list[Granted]]] = {
    "nothing": ([], {}, []),
    "no list changes nothing": ([MEMBER, ADMIN], {}, [MEMBER, ADMIN]),
    "a list replaces its scope": ([MEMBER, ON_X], {WS: [MEMBER]}, [MEMBER]),
    "an empty list takes all of its scope": ([MEMBER, ON_X], {WS: []}, []),
    "a list leaves the other scopes": ([MEMBER, ADMIN], {DS: []}, [MEMBER]),
    "a role changes": ([MEMBER], {WS: [granted(W, "WORKSPACE_OWNER")]}, [granted(W, "WORKSPACE_OWNER")]),
    "a Deployment brings the Workspace": ([], {DS: [ADMIN]}, [ADMIN, automatic(W)]),
    "a Dag brings both": ([], {GS: [VIEWER]}, [VIEWER, automatic(D), automatic(W)]),
    "a tag brings both": (
        [],
        {GS: [granted(TAG, "DAG_VIEWER")]},
        [granted(TAG, "DAG_VIEWER"), automatic(D), automatic(W)],
    ),
    "a role above is enough": ([MEMBER], {DS: [ADMIN]}, [MEMBER, ADMIN]),
    "a role above replaces the accessor": ([ADMIN, automatic(W)], {WS: [MEMBER]}, [ADMIN, MEMBER]),
    "a role above goes, the accessor comes": ([MEMBER, ADMIN], {WS: []}, [ADMIN, automatic(W)]),
    "the accessor goes with what needed it": ([ADMIN, automatic(W)], {DS: []}, []),
    "the accessor stays for another": ([ADMIN, VIEWER, automatic(W)], {DS: []}, [VIEWER, automatic(D), automatic(W)]),
    "a Deployment's role goes, its accessor comes": (
        [ADMIN, VIEWER, automatic(W)],
        {DS: [granted(E, "DEPLOYMENT_ADMIN")]},
        [granted(E, "DEPLOYMENT_ADMIN"), automatic(X), VIEWER, automatic(D), automatic(W)],
    ),
    "what was read is sent back": ([ADMIN, automatic(W)], {WS: [ACCESSOR], DS: [ADMIN]}, [ADMIN, automatic(W)]),
    "a repeated accessor outlives what needed it": ([ADMIN, automatic(W)], {WS: [ACCESSOR], DS: []}, [ACCESSOR]),
    "an accessor of its own stays": ([ACCESSOR, ADMIN], {DS: []}, [ACCESSOR]),
    "an accessor can be given": ([], {WS: [ACCESSOR]}, [ACCESSOR]),
    "an empty list does not take an accessor that is needed": ([ADMIN, automatic(W)], {WS: []}, [ADMIN, automatic(W)]),
}


@pytest.mark.parametrize("name", PLANS)
def test_lists_replace_their_scopes(name: str) -> None:
    current, supplied, expected = PLANS[name]

    assert planned(current, supplied) == {each.place: each for each in expected}


# What is held, what is given and taken beside it, and what is held then.
CHANGES: dict[str, tuple[list[Granted], Lists, list[Place], list[Granted]]] = {
    "given beside": ([MEMBER], {WS: [ON_X]}, [], [MEMBER, ON_X]),
    "given in the stead of another": ([MEMBER, ON_X], {WS: [ACCESSOR]}, [], [ACCESSOR, ON_X]),
    "taken alone": ([MEMBER, ON_X, ADMIN], {}, [X], [MEMBER, ADMIN]),
    "taken by somebody else before": ([MEMBER], {}, [X], [MEMBER]),
    "nothing is there to take": ([], {}, [W], []),
    "the accessor goes with what needed it": ([ADMIN, automatic(W)], {}, [D], []),
    "an accessor that is needed stays": ([ADMIN, automatic(W)], {}, [W], [ADMIN, automatic(W)]),
    "the accessor stays automatic beside what is given": (
        [VIEWER, automatic(D), automatic(W)],
        {DS: [granted(E, "DEPLOYMENT_ADMIN")]},
        [],
        [VIEWER, automatic(D), automatic(W), granted(E, "DEPLOYMENT_ADMIN"), automatic(X)],
    ),
    "one is given and another taken": ([MEMBER, ADMIN], {WS: [ON_X]}, [W], [ON_X, ADMIN, automatic(W)]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_leave_what_they_do_not_name(name: str) -> None:
    current, given, taken, expected = CHANGES[name]

    assert planned(current, beside(current, given, taken)) == {each.place: each for each in expected}


def test_changes_tell_what_comes_goes_and_becomes_another() -> None:
    owner = granted(W, "WORKSPACE_OWNER")

    changes = binding_changes([MEMBER, ADMIN], {W: owner, X: ON_X})

    assert changes == [
        BindingChange(D, ADMIN, None),
        BindingChange(W, MEMBER, owner),
        BindingChange(X, None, ON_X),
    ]
    assert binding_changes([MEMBER], {W: MEMBER}) == []


@pytest.mark.parametrize(
    ("before", "after", "derived"),
    [
        (None, automatic(W), True),
        (automatic(W), None, True),
        (None, ACCESSOR, False),
        (ACCESSOR, None, False),
        (automatic(W), MEMBER, False),
        (MEMBER, automatic(W), False),
        (ACCESSOR, automatic(W), False),
    ],
)
def test_nobody_is_asked_for_accessors_that_follow(
    before: Granted | None, after: Granted | None, derived: bool
) -> None:
    assert BindingChange(W, before, after).is_derived is derived


def grants(scope: PlaceScope) -> st.SearchStrategy[list[Granted]]:
    places = [place for place in PLACES if place.scope is scope]
    return st.lists(
        st.builds(granted, st.sampled_from(places), st.sampled_from(LOWER[scope])),
        unique_by=lambda each: each.place,
    )


LISTS = st.fixed_dictionaries({}, optional={scope: grants(scope) for scope in PlaceScope})


@given(st.lists(LISTS, min_size=1, max_size=4))
def test_any_lists_in_any_order(history: list[Lists]) -> None:
    current: dict[Place, Granted] = {}
    for lists in history:
        after = planned(current.values(), lists)
        for scope, entries in lists.items():
            explicit = {each for each in after.values() if each.place.scope is scope and not each.is_automatic}
            told = {(each.place, each.role) for each in after.values()}
            assert explicit <= set(entries)
            assert {(each.place, each.role) for each in entries} <= told
        for each in after.values():
            assert all(above in after for above in each.place.above)
            if each.is_automatic:
                assert any(each.place in other.place.above for other in after.values() if not other.is_automatic)
        # Sending back what is read changes nothing.
        shown = {
            scope: [Granted(each.place, each.role) for each in after.values() if each.place.scope is scope]
            for scope in PlaceScope
        }
        assert planned(after.values(), shown) == after
        current = after

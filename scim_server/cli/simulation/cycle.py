"""What happens at an identity provider in a simulation, task by task: people come, change, pause, return and go.

Pure: the tasks know only what was answered. One whose User or Group could not be made sends nothing.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from scim_server.cli.simulation import accept
from scim_server.cli.simulation.dialects.base import IdentityProvider
from scim_server.cli.simulation.exchange import Answer, Kind, Refused, Request, Steps
from scim_server.cli.simulation.people import MARK, Crowd, Group, Person

# Our own requests, which look at what came of it and clean up.
_OWN = {"User-Agent": "scim-server-simulate", "Accept": "application/scim+json"}
# From this many on, one Group is deleted.
_GROUPS_TO_SPARE = 3


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that happens; where an essential one is refused, nothing after it makes sense."""

    name: str
    steps: Steps[None]
    essential: bool = False


@dataclass(slots=True)
class World:
    """What the identity provider believes: its people by the ids of their Users, and the Groups that it pushed."""

    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def tasks(provider: IdentityProvider, crowd: Crowd, world: World) -> Iterator[Task]:
    """Yield the whole cycle; `world` is filled as it goes."""
    people, groups = crowd.people, crowd.groups
    paused = people[1::4]
    yield Task("connect", provider.connect(people[0].external_id), essential=True)
    yield from (Task("assign", _assign(provider, person, world)) for person in people)
    yield from (Task("managers", _set_manager(provider, person, people[0], world)) for person in people[1::5])
    for index, group in enumerate(groups):
        members = people if index == 0 else people[index - 1 :: max(1, len(groups) - 1)]
        yield Task("groups", _push(provider, group, members, world))
    for person, family_name in list(zip(people, crowd.other_names, strict=True))[::3]:
        yield Task("changes", _change(provider, person, family_name, world))
    for index, group in enumerate(groups[1:]):
        newcomer = people[(index + 1) % len(people)]
        yield Task("changes", _change_members(provider, group, newcomer, world))
    for group in groups[1:2]:
        # There and back, so that the same cycle can be played again.
        name = group.name
        yield Task("changes", _rename(provider, group, name.removesuffix(MARK) + " & friends" + MARK))
        yield Task("changes", _rename(provider, group, name))
    yield from (Task("deactivations", _switch(provider, person, world, to=False)) for person in paused)
    yield from (Task("reactivations", _switch(provider, person, world, to=True)) for person in paused[::2])
    if provider.deletes_people:
        yield from (Task("deletions", _delete(provider, person, world)) for person in paused[1::4])
    if len(groups) >= _GROUPS_TO_SPARE:
        yield Task("deletions", _delete_group(provider, groups[-1], world))
    # The identity provider starts anew and finds those who are there.
    yield from (Task("once more", _assign(provider, person, world)) for person in people[::10])
    yield Task("import", provider.import_all())


def checks(world: World) -> Iterator[Task]:
    """Yield what compares the server with what the identity provider believes."""
    for user_id, person in world.people.items():
        yield Task("check", _read(f"/Users/{user_id}", _is_like(user_id, person)))
    for user_id in world.deleted:
        yield Task("check", _read(f"/Users/{user_id}", _is_gone))
    for group in world.groups:
        yield Task("check", _read(f"/Groups/{group.id}", _holds(group)))


def clean_up(paths: list[str]) -> Iterator[Task]:
    """Yield what deletes these resources."""
    yield from (Task("clean up", _remove(path)) for path in paths)


def _assign(provider: IdentityProvider, person: Person, world: World) -> Steps[None]:
    known = world.ids.get(person.login)
    current = world.people.get(known or "", person)
    if known is not None and (known not in world.people or not current.active):
        return  # went, or is not assigned at the moment
    user_id = yield from provider.assign(current)
    world.ids[person.login] = user_id
    world.people[user_id] = current


def _set_manager(provider: IdentityProvider, person: Person, manager: Person, world: World) -> Steps[None]:
    with suppress(KeyError):
        yield from provider.set_manager(world.ids[person.login], world.ids[manager.login])


def _push(provider: IdentityProvider, group: Group, members: list[Person], world: World) -> Steps[None]:
    ids = [world.ids[person.login] for person in members if person.login in world.ids]
    group.members = {user_id: world.people[user_id] for user_id in ids}
    yield from provider.push(group)
    world.groups.append(group)


def _change(provider: IdentityProvider, person: Person, family_name: str, world: World) -> Steps[None]:
    user_id = world.ids.get(person.login)
    if user_id is None:
        return
    changed = replace(world.people[user_id], family_name=family_name, department="Observatory")
    yield from provider.update(user_id, changed)
    world.people[user_id] = changed


def _change_members(provider: IdentityProvider, group: Group, newcomer: Person, world: World) -> Steps[None]:
    if not group.id or not group.members:
        return
    removed = next(iter(group.members))
    before = dict(group.members)
    del group.members[removed]
    newcomer_id = world.ids.get(newcomer.login)
    added = [newcomer_id] if newcomer_id and newcomer_id not in before else []
    group.members.update((user_id, world.people[user_id]) for user_id in added)
    try:
        yield from provider.change_members(group, added, [removed])
    except Refused:
        group.members = before
        raise


def _rename(provider: IdentityProvider, group: Group, name: str) -> Steps[None]:
    if not group.id:
        return
    before, group.name = group.name, name
    try:
        yield from provider.rename(group)
    except Refused:
        group.name = before
        raise


def _switch(provider: IdentityProvider, person: Person, world: World, *, to: bool) -> Steps[None]:
    user_id = world.ids.get(person.login)
    if user_id is None:
        return
    changed = replace(world.people[user_id], active=to)
    yield from (provider.reactivate if to else provider.deactivate)(user_id, changed)
    world.people[user_id] = changed


def _delete(provider: IdentityProvider, person: Person, world: World) -> Steps[None]:
    user_id = world.ids.get(person.login)
    if user_id is None:
        return
    yield from provider.delete(user_id)
    del world.people[user_id]
    world.deleted.append(user_id)
    for group in world.groups:
        group.members.pop(user_id, None)


def _delete_group(provider: IdentityProvider, group: Group, world: World) -> Steps[None]:
    if group in world.groups:
        yield from provider.delete_group(group)
        world.groups.remove(group)


def _read(path: str, accepted: accept.Accept) -> Steps[None]:
    yield Request(Kind.CHECK, "GET", path, accepted, headers=_OWN)


def _remove(path: str) -> Steps[None]:
    yield Request(Kind.CLEAN_UP, "DELETE", path, accept.gone, headers=_OWN)


def _is_like(user_id: str, person: Person) -> accept.Accept:
    return accept.whole(user_id, userName=person.user_name, displayName=person.display_name, active=person.active)


def _is_gone(answer: Answer) -> str | None:
    return None if answer.status == HTTPStatus.NOT_FOUND else f"status {answer.status}, not 404"


def _holds(group: Group) -> accept.Accept:
    def accepted(answer: Answer) -> str | None:
        problem = accept.whole(group.id, displayName=group.name)(answer)
        if problem is not None:
            return problem
        # A Group that was there before may hold others too.
        missing = set(group.members) - {member.get("value") for member in answer.body.get("members", [])}
        return f"{len(missing)} members are missing" if missing else None

    return accepted

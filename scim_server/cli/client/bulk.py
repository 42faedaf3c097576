"""Invite all people of a file: what is done already is left alone, so that running it again is safe."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import click

from scim_server.cli.client.api import Api
from scim_server.cli.client.listing import say
from scim_server.cli.client.roles import listed, possible_roles
from scim_server.cli.client.users_file import Line, read_lines
from scim_server.cli.output import print_json

# Lines of one request; the server stores as many at a time.
CHUNK = 50
# People who are looked up one by one, before all are read at once.
MAX_SEARCHES = 20
INVITED, ALREADY, FAILED = "invited", "already", "failed"
_REHEARSED = "would be invited"


class Result(NamedTuple):
    """What became of a line, and why where that is a question."""

    line: Line
    result: str
    message: str | None = None


class _Advance(Protocol):
    def __call__(self, steps: int) -> None: ...


def invite_all(api: Api, path: Path, default_role: str, *, dry_run: bool, as_json: bool) -> None:
    """Invite the people of a file and tell of each; raises ClickException where any line failed."""
    lines = read_lines(path, default_role)
    results: list[Result] = []
    try:
        with _progress(len(lines)) as advance:
            for done in _rehearsed(api, lines) if dry_run else _invited(api, lines):
                results += done
                if not as_json:
                    for each in done:
                        say(_told(each, dry_run=dry_run))
                advance(len(done))
    finally:
        # Whatever ends this early, what was done until then is told.
        if results:
            _sum_up(results, dry_run=dry_run, as_json=as_json)
    failed = _count(results, FAILED)
    if failed:
        raise click.ClickException(f"{failed:,} of {len(lines):,} lines failed.")


def _invited(api: Api, lines: Sequence[Line]) -> Iterator[list[Result]]:
    """Invite and give the results, some lines at a time."""
    judged = _Judge(api)
    for start in range(0, len(lines), CHUNK):
        chunk = lines[start : start + CHUNK]
        results = {line.number: judged.before(line) for line in chunk}
        asked = [line for line in chunk if results[line.number] is None]
        if asked:
            body = {"invites": [{"email": line.email, "role": line.role} for line in asked]}
            answer = api.post("/invites/bulk", body)
            for line, outcome in zip(asked, answer["results"], strict=True):
                results[line.number] = judged.after(line, outcome)
        yield [result for result in results.values() if result is not None]


def _rehearsed(api: Api, lines: Sequence[Line]) -> Iterator[list[Result]]:
    """Give what inviting would give, as far as that can be known."""
    judged, roles = _Judge(api), possible_roles(api, "ORGANIZATION")
    for line in lines:
        result = judged.before(line) or judged.standing(line)
        if result is None and line.role not in roles:
            result = Result(line, FAILED, f"requested role is invalid. Possible values are {listed(roles)}")
        yield [result or Result(line, INVITED)]


class _Judge:
    """Tells what need not be done from what went wrong."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._open = {
            each["inviteeEmail"].casefold(): each["role"] for each in api.items("/invites", "invites", state="OPEN")
        }
        self._first: dict[str, Line] = {}
        self._members: dict[str, dict[str, Any]] | None = None
        self._searches = 0

    def before(self, line: Line) -> Result | None:
        """Return what is known of a line without inviting, or None."""
        if line.problem is not None:
            return Result(line, FAILED, line.problem)
        first = self._first.setdefault(line.email.casefold(), line)
        if first is not line:
            if first.role == line.role:
                return Result(line, ALREADY, f"the same as line {first.number}")
            return Result(line, FAILED, f"Line {first.number} names this person with the role {first.role}.")
        if self._open.get(line.email.casefold()) == line.role:
            return Result(line, ALREADY, "has an open invitation")
        return None

    def after(self, line: Line, outcome: dict[str, Any]) -> Result:
        """Return what the server made of a line."""
        error = outcome.get("error")
        if error is None:
            return Result(line, INVITED)
        return self.standing(line) or Result(line, FAILED, error["message"])

    def standing(self, line: Line) -> Result | None:
        """Return what is known of a line from the person being here already, or None."""
        member = self._find(line.email)
        if member is None or member["status"] not in {"ACTIVE", "INACTIVE"}:
            return None
        if member["status"] == "INACTIVE":
            return Result(line, FAILED, "This person is deactivated; reactivate them instead.")
        if member["organizationRole"] == line.role:
            return Result(line, ALREADY, "is a member")
        return Result(
            line,
            FAILED,
            f"This person is a member with the role {member['organizationRole']}; "
            "'scim-server organization user update' changes it.",
        )

    def _find(self, email: str) -> dict[str, Any] | None:
        folded = email.casefold()
        if self._members is None and self._searches >= MAX_SEARCHES:
            self._members = {each["username"].casefold(): each for each in self._api.items("/users", "users")}
        if self._members is not None:
            return self._members.get(folded)
        self._searches += 1
        found = list(self._api.items("/users", "users", search=email))
        same = [each for each in found if each["username"].casefold() == folded]
        return same[0] if same else None


@contextmanager
def _progress(total: int) -> Iterator[_Advance]:
    """Show how far it is, where a terminal shows it."""
    from rich.console import Console  # noqa: PLC0415 - a single invitation shows none
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn  # noqa: PLC0415 - as above

    console, printed = Console(stderr=True), Console()
    bar = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *bar,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=printed.is_terminal,
    ) as progress:
        task = progress.add_task("", total=total)
        yield lambda steps: progress.advance(task, steps)


def _told(each: Result, *, dry_run: bool) -> str:
    line = each.line
    result = _REHEARSED if dry_run and each.result == INVITED else each.result
    message = f": {each.message}" if each.message else ""
    return f"line {line.number}: {line.email} {line.role}: {result}{message}"


def _sum_up(results: Sequence[Result], *, dry_run: bool, as_json: bool) -> None:
    invited, already, failed = (_count(results, kind) for kind in (INVITED, ALREADY, FAILED))
    if not as_json:
        say(f"{invited:,} {_REHEARSED if dry_run else INVITED}, {already:,} already there, {failed:,} failed.")
        return
    rows = [
        {
            "line": each.line.number,
            "email": each.line.email,
            "role": each.line.role,
            "result": each.result,
            "message": each.message,
        }
        for each in results
    ]
    print_json({"results": rows, "dryRun": dry_run, "invited": invited, "already": already, "failed": failed})


def _count(results: Sequence[Result], kind: str) -> int:
    return sum(each.result == kind for each in results)

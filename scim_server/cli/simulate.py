"""`scim-server simulate`: play an identity provider against a Connection, over HTTP as the real one comes."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from scim_server.cli.output import json_option, print_json, print_table, printable
from scim_server.cli.simulation import cycle, summary
from scim_server.cli.simulation.cycle import Task
from scim_server.cli.simulation.dialects import DIALECTS
from scim_server.cli.simulation.people import crowd
from scim_server.cli.simulation.player import Player, Record, Stopped, Unreachable, play_all

MAX_USERS = 5_000
MAX_GROUPS = 200
_SCIM_PATH = "/scim/v2/"
_FAILURES_SHOWN = 10
_ANSWER_SHOWN = 300


@click.command()
@click.option(
    "--dialect", type=click.Choice(list(DIALECTS)), default="okta", show_default=True, help="Which one to play."
)
@click.option(
    "--url",
    envvar="SCIM_SERVER_URL",
    show_envvar=True,
    help="The SCIM base URL, or the server's address beside --organization.",
)
@click.option("--token", envvar="SCIM_SERVER_TOKEN", show_envvar=True, help="The SCIM token; better not in a history.")
@click.option("--organization", "-O", "organization_name", help="Id or slug of the Organization, if not in the URL.")
@click.option(
    "--users", type=click.IntRange(1, MAX_USERS), default=20, show_default=True, help="How many people there are."
)
@click.option(
    "--groups", type=click.IntRange(0, MAX_GROUPS), default=5, show_default=True, help="How many groups are pushed."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same people for the same seed.")
@click.option("--keep", is_flag=True, help="Leave everything there at the end, to look at it.")
@json_option
def simulate(dialect: str, users: int, groups: int, seed: int, keep: bool, as_json: bool, **target: str | None) -> None:
    """Play an identity provider: people come, change, pause, return and go, and groups are pushed.

    Requests are those that the real one sends, in its form and order; an answer that it could not use is a failure,
    and the exit code 1. All people are made up and live at simulation.example, all groups are marked as simulated;
    they are deleted at the end. Without URL and token it plays against what 'scim-server quickstart' made.

    \b
    Examples:
      scim-server simulate
      scim-server simulate --dialect entra --users 200 --groups 12 --keep
      SCIM_SERVER_TOKEN=... scim-server simulate --url https://idp.example.com/scim/v2/acme --json
    """
    address, secret = _target(**target)
    provider, world, record = DIALECTS[dialect](), cycle.World(), Record()
    player = Player(address, secret, record)
    began = time.monotonic()
    interrupted = cut_short = False
    with _progress() as play:
        try:
            play(player, cycle.tasks(provider, crowd(seed, users, groups), world))
            play(player, cycle.checks(world))
        except Stopped:
            pass
        except KeyboardInterrupt:
            interrupted = True
        except Unreachable as error:
            raise click.ClickException(f"{address} gives no answer: {error}.{_left_behind(record)}") from None
        if not keep:
            cut_short = not _clean_up(play, player, record, world)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        asked = {"dialect": dialect, "url": address, "seed": seed, "users": users, "groups": groups, "kept": keep}
        counted = {"total": summary.total(record), "requests": summary.lines(record), "failures": record.failures}
        print_json({**asked, "seconds": seconds, "waits": record.waits, **counted})
    else:
        _tell(provider.title, address, seconds, record)
    if interrupted:
        raise KeyboardInterrupt
    if record.failures or cut_short:
        sys.exit(1)


Play = Callable[[Player, Iterable[Task]], None]


def _target(*, url: str | None, token: str | None, organization_name: str | None) -> tuple[str, str]:
    """Return the SCIM base URL and the token; raises ClickException that says what is missing."""
    if url is None and token is None and organization_name is None:
        return _quickstart()
    if url is None or token is None:
        raise click.UsageError("Give --url and --token, or set SCIM_SERVER_URL and SCIM_SERVER_TOKEN.")
    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"{url!r} is no URL that begins with https:// or http://.")
    if not token.isascii() or not token.isprintable():
        raise click.UsageError("The token holds characters that no token has.")
    if organization_name is not None:
        return f"{url.rstrip('/').partition(_SCIM_PATH)[0]}{_SCIM_PATH}{organization_name}", token
    if _SCIM_PATH not in url:
        raise click.UsageError(f"{url} is no SCIM base URL: it ends in {_SCIM_PATH}ORGANIZATION. Or add -O.")
    return url, token


def _quickstart() -> tuple[str, str]:
    from scim_server.cli.runtime import load_settings  # noqa: PLC0415 - another server needs no settings of this one

    settings = load_settings()
    try:
        kept = json.loads((settings.home / "quickstart.json").read_text(encoding="utf-8"))
        return f"{settings.public_url}{_SCIM_PATH}{kept['organization_id']}", str(kept["scim_token"])
    except (OSError, ValueError, KeyError, TypeError):
        raise click.ClickException(
            "Give --url and --token, or run 'scim-server quickstart' and 'scim-server serve' here first."
        ) from None


@contextmanager
def _progress() -> Iterator[Play]:
    """Give what plays tasks and shows how far it is, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda player, tasks: play_all(player, tasks, lambda _task: None)
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and of no use without a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("connect", total=0)
        total = 0

        def play(player: Player, tasks: Iterable[Task]) -> None:
            nonlocal total
            coming = list(tasks)
            total += len(coming)
            bar.update(shown, total=total)
            for task in coming:
                bar.update(shown, description=task.name)
                player.play(task)
                bar.advance(shown)

        yield play


def _clean_up(play: Play, player: Player, record: Record, world: cycle.World) -> bool:
    """Delete what was made or found, and return whether that was done to the end."""
    paths = dict.fromkeys(f"/Groups/{group.id}" for group in world.groups)
    paths |= dict.fromkeys(f"/Users/{user_id}" for user_id in world.people) | record.made
    try:
        play(player, cycle.clean_up(list(paths)))
    except (KeyboardInterrupt, Unreachable):
        click.echo(f"Cleaning up was cut short.{_left_behind(record)}", err=True)
        return False
    return True


def _left_behind(record: Record) -> str:
    number = len(record.made)
    return f" {number:,} simulated Users and Groups are left there." if number else ""


def _tell(title: str, address: str, seconds: float, record: Record) -> None:
    columns = {"kind": "Request", "requests": "Sent", "failed": "Failed", "p50_ms": "p50 ms", "p95_ms": "p95 ms"}
    print_table(columns, [*summary.lines(record), summary.total(record)], empty="Nothing was sent.")
    waits = f" The server asked for a pause {record.waits:,} times." if record.waits else ""
    sent = summary.total(record).requests
    click.echo(f"\n{title} at {address}: {sent:,} requests in {seconds:.1f} s.{waits}")
    if not record.failures:
        click.echo("Every answer was what it needs.")
        return
    click.echo(f"{len(record.failures):,} answers were not what it needs:", err=True)
    for failure in record.failures[:_FAILURES_SHOWN]:
        answer = printable(failure.answer[:_ANSWER_SHOWN])
        click.echo(f"  {failure.kind}: {failure.method} {failure.path}\n    {failure.problem}: {answer}", err=True)
    if len(record.failures) > _FAILURES_SHOWN:
        click.echo(f"  and {len(record.failures) - _FAILURES_SHOWN:,} more; --json shows all", err=True)

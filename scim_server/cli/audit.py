"""`scim-server audit`: prove that the log is whole, and say how long it is kept."""

import sys
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scim_server.audit.chain import seal
from scim_server.audit.retention import MAX_DAYS, retention_days, set_retention
from scim_server.audit.verification import Verification, count_events, verify
from scim_server.cli.organization import organization_option
from scim_server.cli.output import json_option, print_json
from scim_server.cli.runtime import operator, with_database
from scim_server.organizations.service import OrganizationRecord, find_organization, list_organizations

# Logs of fewer events are checked before a bar would be seen.
_LONG = 20_000


@click.group()
def audit() -> None:
    """Check the audit log, and say how long it is kept."""


@audit.command("verify")
@click.option("--organization", "-O", "organization_name", help="Id, slug or name; all Organizations without it.")
@json_option
@with_database()
def verify_log(organization_name: str | None, as_json: bool) -> None:
    """Check that no event was changed, removed or put elsewhere; exit 1 and name it where one was.

    Keep the position and chain value that it prints somewhere else: a log that was put back to an earlier state does
    not hold them any more.

    \b
    Example: scim-server audit verify -O acme
    """
    organizations = [find_organization(organization_name)] if organization_name else list_organizations()
    found = [(organization, _verified(organization)) for organization in organizations]
    if as_json:
        print_json([_plain(organization, result) for organization, result in found])
    else:
        for organization, result in found:
            _tell(organization, result)
    if not all(result.is_whole for _, result in found):
        sys.exit(1)


@audit.command()
@organization_option
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="Delete events that are older than this.")
@click.option("--for-ever", is_flag=True, help="Delete no events.")
@with_database()
def retention(organization_name: str, days: int | None, for_ever: bool) -> None:
    """Show or set how long an Organization's events are kept.

    \b
    Example: scim-server audit retention -O acme --days 365
    """
    if days is not None and for_ever:
        raise click.UsageError("Give --days or --for-ever, not both.")
    found = find_organization(organization_name)
    if days is not None or for_ever:
        set_retention(found.id, operator(), days)
    kept = retention_days(found.id)
    click.echo(f"{found.name}: audit events are kept {'for ever' if kept is None else f'{kept} days'}.")


def _verified(organization: OrganizationRecord) -> Verification:
    seal(organization.id)
    total = count_events(organization.id)
    if total < _LONG or not sys.stderr.isatty():
        return verify(organization.id)
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*bar, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(organization.slug, total=total)
        return verify(organization.id, lambda done: progress.update(task, completed=done))


def _plain(organization: OrganizationRecord, result: Verification) -> dict[str, Any]:
    return {"organization_id": organization.id, "organization_slug": organization.slug} | {
        "whole": result.is_whole,
        **asdict(result),
    }


def _tell(organization: OrganizationRecord, result: Verification) -> None:
    end = f"The chain ends at {result.position}" + (f" with {result.chain}." if result.chain else ".")
    if result.is_whole:
        click.echo(f"{organization.slug}: all {result.events:,} events are as they were written. {end}")
        return
    click.echo(f"{organization.slug}: {result.problem_count:,} problems in {result.events:,} events. {end}", err=True)
    for problem in result.problems:
        click.echo(f"  {problem.message}", err=True)
    if result.problem_count > len(result.problems):
        click.echo(f"  and {result.problem_count - len(result.problems):,} more", err=True)

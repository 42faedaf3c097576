"""`scim-server organization audit-logs`: the audit log of some days as a file."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from scim_server.cli.client.api import Api, with_api
from scim_server.cli.client.listing import say
from scim_server.cli.lazy import LazyGroup

MAX_DAYS = 90


@click.group("audit-logs", cls=LazyGroup, aliases={"e": "export"})
def audit_logs() -> None:
    """Take the audit log away."""


@audit_logs.command()
@click.option("--output-file", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Name of the file.")
@click.option(
    "--include", "-i", "days", type=click.IntRange(1, MAX_DAYS), default=1, show_default=True, help="Days of it."
)
@click.option("--organization-name", "-n", help="The Organization, where it is not the one in use.")
@with_api
def export(api: Api, output_file: Path | None, days: int, organization_name: str | None) -> None:
    """Export the audit log of the last days as compressed lines of JSON; a file of that name is overwritten.

    \b
    Example: scim-server organization audit-logs export --include 7 --output-file audit.ndjson.gz
    """
    name, organization_id = _organization(api, organization_name)
    now = datetime.now(UTC)
    ending = "day" if days == 1 else "days"
    path = output_file or Path(f"{_plain(name)}-logs-{days}-{ending}-{now:%Y%m%d}.ndjson.gz")
    click.echo("This may take some time depending on how many days are being exported.", err=True)
    try:
        _download(
            api, f"/v1/organizations/{organization_id}/audit-logs", path, (now - timedelta(days=days)).isoformat()
        )
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from None
    say(f"Finished exporting logs to local GZIP file: {path}")


def _download(api: Api, source: str, path: Path, since: str) -> None:
    """Write the whole log or nothing: a file of that name is the earlier one until the end."""
    descriptor, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            api.download(source, file, startDate=since, format="ndjson.gz")
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


def _organization(api: Api, named: str | None) -> tuple[str, str]:
    """Return name and id of an Organization that the caller belongs to; raises ClickException for another."""
    if named is None:
        return api.get(f"/v1/organizations/{api.organization_id}")["name"], api.organization_id
    for each in api.items("/v1/organizations", "organizations"):
        if named.casefold() in {each["name"].casefold(), each["slug"], each["id"]}:
            return each["name"], each["id"]
    raise click.ClickException("invalid organization name")


def _plain(name: str) -> str:
    return "".join(each for each in name.lower() if each.isalnum() or each in "-_.").lstrip(".") or "organization"

"""`scim-server doctor`: look at everything that goes wrong in practice, and say what to mend."""

import click

from scim_server.cli.examination import State, examine
from scim_server.cli.output import json_option, print_json, printable

_MARKS = {
    State.OK: ("ok  ", "green"),
    State.WARNING: ("warn", "yellow"),
    State.FAILED: ("FAIL", "red"),
}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this installation and say what to mend; exit 1 where something needs it.

    Looks at settings, home, secret key, addresses, the mail server, the database and its tables, the clock, the jobs
    and the audit log. A warning is no failure. No mail is sent.

    \b
    Example: scim-server doctor
    """
    findings = examine()
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            mark, colour = _MARKS[finding.state]
            click.echo(f"{click.style(mark, fg=colour)} {finding.check}: {printable(finding.detail)}")
            if finding.remedy:
                click.echo(f"     -> {finding.remedy}")
    if any(finding.state is State.FAILED for finding in findings):
        raise click.exceptions.Exit(1)

"""`scim-server worker`: do the jobs that no request waits for, as a process of its own."""

import signal

import click
from flask import current_app

from scim_server.cli.runtime import load_settings, with_database
from scim_server.jobs.loop import JobLoop
from scim_server.logs import set_up_logging


@click.command()
@click.option("--once", is_flag=True, help="Do each job once and end, as cron wants it.")
@with_database()
def worker(once: bool) -> None:
    """Deliver mail and do the other jobs until stopped.

    `serve` does them too, so this is for servers that are started otherwise. Any number of processes may run: one of
    them does the jobs, another takes over when it ends. SIGTERM and Ctrl-C finish what has begun.

    \b
    Examples:
      scim-server worker
      scim-server worker --once
    """
    set_up_logging(load_settings())
    # Flask's proxy would lead to nothing in another context.
    loop = JobLoop(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - its public use
    if once:
        if not loop.run_once():
            click.echo("Another process does the jobs at the moment.")
        return

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda _number, _frame: loop.stop())
    click.echo("Doing the jobs until stopped.")
    loop.run()

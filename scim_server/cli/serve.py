"""`scim-server serve`: the production server, granian (docs/decisions say why)."""

import os
import socket
from multiprocessing.util import Finalize
from typing import Any

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from scim_server.app import create_app
from scim_server.cli.runtime import load_settings, require_tables
from scim_server.connections.recorder import Recorder
from scim_server.foundation import create_foundation
from scim_server.jobs.loop import start_in_thread
from scim_server.logs import set_up_logging
from scim_server.outbox.transports import mail_folder
from scim_server.settings import Settings

# Seconds that requests in flight get to finish when the server stops or reloads.
GRACE = 30
# Milliseconds that a client may take to send its headers, so that idle half-requests hold nothing.
HEADER_TIMEOUT = 10_000


@click.command()
@click.option("--host", help="Address to listen on; the setting 'host' by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; the setting 'port' by default.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; SQLite allows one.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve SCIM until stopped.

    SIGTERM and Ctrl-C finish requests in flight; SIGHUP reloads the workers.

    \b
    Examples:
      scim-server serve
      scim-server serve --host 0.0.0.0 --port 8080
    """
    # The worker processes read the same settings from their environment.
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"SCIM_SERVER_{name}"] = str(value)
    settings = load_settings()
    with create_foundation(settings).app_context():
        require_tables()
    _require_free_port(settings)
    base = settings.public_url
    click.echo(
        f"Serving the console at {base}/ and SCIM at {base}/scim/v2/ (listening on {settings.host}:{settings.port})."
    )
    if folder := mail_folder(settings):
        click.echo(f"No smtp_host is set, so mails become files in {folder}.")
    server(settings).serve()


def _require_free_port(settings: Settings) -> None:
    """Refuse a port that another process serves: granian would share it, and requests go to either of the two."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Without SO_REUSEPORT this fails beside any listener; with SO_REUSEADDR it passes over closed connections.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise click.ClickException(f"Cannot listen on {settings.host}:{settings.port}: {reason}.") from None


def server(settings: Settings, target: str = "scim_server.cli.serve:application") -> Any:
    """Return the production server; `target` names the factory that makes the application of each worker."""
    return Granian(
        target,
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        blocking_threads=settings.threads,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT),
        workers_kill_timeout=GRACE,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.log_level.lower()),
    )


def application() -> Flask:
    """Return the application of one worker process."""
    settings = Settings.load()
    set_up_logging(settings)
    app = create_app(settings)
    recorder: Recorder = app.extensions["recorder"]
    recorder.start_with_first()
    # A worker is a process of multiprocessing, which runs its own finalizers at the end and not those of atexit.
    Finalize(None, recorder.stop, exitpriority=1)
    Finalize(None, start_in_thread(app), args=(GRACE,), exitpriority=2)
    return app

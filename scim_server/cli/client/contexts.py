"""Logins, kept in one file for this user alone: a context is a server, a token for it, and the Organization in use."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

HOME_VARIABLE = "SCIM_SERVER_CONFIG_HOME"
FILE = "contexts.json"
# Seconds to wait for another command that is writing the file.
LOCK_TIMEOUT = 10


@dataclass(frozen=True)
class Context:
    """A server and who is logged in there; without a token nobody is.

    `expires_at` is when the token ends, in seconds since 1970, where a refresh token can renew it.
    """

    url: str
    token: str | None = None
    refresh_token: str | None = None
    expires_at: float | None = None
    subject: str | None = None
    organization_id: str | None = None
    organization_name: str | None = None
    workspace_id: str | None = None


@dataclass
class Contexts:
    """All contexts by name, and the one in use."""

    current: str | None = None
    by_name: dict[str, Context] = field(default_factory=dict)

    @property
    def in_use(self) -> Context | None:
        """Return the context in use."""
        return self.by_name.get(self.current) if self.current is not None else None


def name_of(url: str) -> str:
    """Return what the context of a server is called: its host, with the port where there is one."""
    return urlsplit(url).netloc


def read_contexts() -> Contexts:
    """Return what the file holds; raises ClickException where it cannot be read."""
    path = _home() / FILE
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Contexts()
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise click.ClickException(f"{path} is spoiled; delete it and log in again.") from None


@contextmanager
def changing_contexts() -> Iterator[Contexts]:
    """Give the contexts to change; they are stored as one at the end, while no other command writes."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - most commands write nothing

    home = _home()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(home / f"{FILE}.lock", timeout=LOCK_TIMEOUT, mode=0o600):
            contexts = read_contexts()
            yield contexts
            _write(home / FILE, contexts)
    except Timeout:
        raise click.ClickException(f"Another command is writing {home / FILE}; try again.") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or home}: {error.strerror}.") from None


def _home() -> Path:
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path(click.get_app_dir("scim-server"))


def _parsed(document: dict[str, Any]) -> Contexts:
    return Contexts(document["current"], {name: Context(**each) for name, each in document["contexts"].items()})


def _write(path: Path, contexts: Contexts) -> None:
    document = {
        "current": contexts.current,
        "contexts": {name: asdict(each) for name, each in sorted(contexts.by_name.items())},
    }
    descriptor, fresh = tempfile.mkstemp(prefix=f".{FILE}.", dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise

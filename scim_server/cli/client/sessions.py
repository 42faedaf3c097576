"""HTTP sessions: headers, time-outs, the retry policy, and what people are told where no answer comes."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from scim_server import __version__
from scim_server.cli.client.errors import Unreachable

TIMEOUT_VARIABLE = "SCIM_SERVER_TIMEOUT"
# Seconds until a connection must be there, and in which an answer must begin and go on.
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")


def new_session(*, once: bool = False) -> Any:
    """Return a session of the library `requests`; with `once` it repeats nothing that may have been done."""
    import requests  # noqa: PLC0415 - `--help` and wrong usage send nothing
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as above

    from scim_server.cli.client.retrying import patience  # noqa: PLC0415 - as above

    session = requests.Session()
    session.headers["User-Agent"] = f"scim-server-cli/{__version__}"
    session.headers["Accept"] = "application/json, application/octet-stream;q=0.9"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=patience(once=once)))
    return session


def timeouts() -> tuple[float, float]:
    """Return the seconds for a connection and for an answer; raises ClickException where a setting is none."""
    text = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(text) if text else READ_TIMEOUT
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise click.ClickException(f"{TIMEOUT_VARIABLE} is a number of seconds, not {text!r}.")
    return min(CONNECT_TIMEOUT, seconds), seconds


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what comes instead of an answer into one line."""
    from requests import exceptions  # noqa: PLC0415 - imported with the session
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - as above

    try:
        yield
    except exceptions.SSLError as error:
        raise Unreachable(f"The certificate of {url} is not to be trusted: {root_of(error)}.") from None
    except (exceptions.RequestException, HTTPError) as error:
        if isinstance(error, exceptions.ReadTimeout) or "Read timed out" in str(error):
            raise Unreachable(
                f"{url} did not answer within {timeouts()[1]:g} seconds; what was asked for may be done all the "
                f"same. {TIMEOUT_VARIABLE} sets another time."
            ) from None
        raise Unreachable(f"{url} cannot be reached: {root_of(error)}.") from None


def root_of(error: BaseException) -> str:
    """Return the words of the system for what is wrong, as far inside as they are."""
    seen: BaseException = error
    while True:
        inner = getattr(seen, "reason", None) or next((each for each in seen.args if isinstance(each, Exception)), None)
        if not isinstance(inner, Exception) or inner is seen:
            break
        seen = inner
    strerror = getattr(seen, "strerror", None) or str(seen).rpartition(": ")[2]
    return _NUMBER.sub("", str(strerror)).strip(" .'\")(") or type(seen).__name__

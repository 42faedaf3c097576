"""What single settings may be: checks that raise ValueError with the way out, and defaults that are computed."""

import ipaddress
import os
import re
import secrets
import tempfile
from contextlib import suppress
from email.policy import default as default_policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

MIN_SECRET_LENGTH = 32
# A key of fewer different characters was typed, not drawn.
MIN_SECRET_CHARACTERS = 8
MAX_PORT = 65_535
SMTP_PORTS = {"none": 25, "starttls": 587, "tls": 465}
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

_CHECKOUT = Path(__file__).parents[1]
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.ASCII)
_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")


def default_home() -> Path:
    """Return `var/` of the checkout that the code runs from, otherwise the user's data folder.

    Never the current directory: a command started elsewhere would silently begin with an empty database.
    Raises ValueError where the user has no home folder.
    """
    if (_CHECKOUT / "pyproject.toml").exists():
        return _CHECKOUT / "var"
    data = os.environ.get("XDG_DATA_HOME", "")
    try:
        return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "scim-server"
    except RuntimeError:
        message = "this user has no home folder: name the folder that holds the data"
        raise ValueError(message) from None


def create_home(home: Path) -> None:
    """Create the folder for its owner alone; raises ValueError where that is not possible."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {home} cannot be created ({error.strerror}): name one that can be written"
        raise ValueError(message) from None


def secret_key_in(home: Path) -> str:
    """Return the key in `home/secret_key`, drawn at the first start.

    The file appears whole or not at all, so processes that start together read the same key. Raises ValueError where
    it cannot be written or read, or where others than its owner can read it.
    """
    create_home(home)
    path = home / "secret_key"
    try:
        if not path.exists():
            _write_secret(path)
        if path.stat().st_mode & 0o077:
            message = f"{path} is open to other users: run chmod 600 on it"
            raise ValueError(message)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        message = f"{path} cannot be used ({error.strerror}): set the secret key itself"
        raise ValueError(message) from None


def _write_secret(path: Path) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".secret_key.", dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster: its key counts
            Path(path).hardlink_to(temporary)
    finally:
        Path(temporary).unlink()


def checked_secret(value: str) -> str:
    """Return a key that is long enough to sign with; raises ValueError."""
    if len(value) < MIN_SECRET_LENGTH or len(set(value)) < MIN_SECRET_CHARACTERS:
        message = f"too weak: give at least {MIN_SECRET_LENGTH} random characters"
        raise ValueError(message)
    return value


def checked_database_url(value: str) -> str:
    """Return the URL with the driver we use; raises ValueError for another database or a place that cannot be."""
    backend, separator, rest = value.partition("://")
    if backend in _POSTGRESQL and separator:
        value = f"postgresql+psycopg://{rest}"
    elif backend != "sqlite":
        message = "the database must be sqlite:////absolute/path or postgresql+psycopg://user:password@host/name"
        raise ValueError(message)
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        message = "not a database URL: special characters in user and password are written as %XX"
        raise ValueError(message) from None
    if backend == "sqlite":
        path = Path(url.database or "")
        if not path.is_absolute():
            message = "a SQLite database needs an absolute path: sqlite:////absolute/path (four slashes)"
            raise ValueError(message)
        if not path.parent.is_dir():
            message = f"the folder {path.parent} of the SQLite database does not exist: create it"
            raise ValueError(message)
    elif not url.database:
        message = "the name of the database is missing: postgresql+psycopg://user:password@host/name"
        raise ValueError(message)
    return value


def checked_public_url(value: str, *, allow_insecure: bool) -> str:
    """Return scheme, host and port without a trailing slash; raises ValueError for anything else."""
    message = "write scheme, host and port only, such as https://idp.example.com"
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise ValueError(message) from None
    host = (url.hostname or "").lower()
    rest = url.path.strip("/") or url.query or url.fragment or "@" in url.netloc
    if url.scheme not in {"http", "https"} or rest or not is_host(host) or port == 0:
        raise ValueError(message)
    if url.scheme == "http" and not allow_insecure and not _is_loopback(host):
        message = (
            "tokens would cross the network in the clear: use https, "
            "or set allow_insecure_public_url where an outer layer encrypts"
        )
        raise ValueError(message)
    shown = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{shown}" + (f":{port}" if port else "")


def checked_trusted_host(value: str) -> str:
    """Return one name for the Host header; a leading dot admits subdomains; raises ValueError."""
    name = value.lower()
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name.removeprefix(".")
    if not is_host(bare):
        message = "a trusted host is a name without scheme, port or *, such as idp.example.com or .example.com"
        raise ValueError(message)
    return f"[{bare}]" if ":" in bare else name


def default_trusted_hosts(public_url: str) -> tuple[str, ...]:
    """Return the host of the public URL and the names of this machine."""
    host = urlsplit(public_url).hostname or ""
    return tuple(dict.fromkeys((f"[{host}]" if ":" in host else host, *LOOPBACK_NAMES)))


def resolver_address(value: str) -> tuple[str, int]:
    """Return address and port of a DNS resolver; raises ValueError."""
    host, port = value, "53"
    if value.startswith("["):
        host, _, port = value[1:].partition("]:")
    elif value.count(":") == 1:
        host, _, port = value.partition(":")
    message = "a DNS resolver is an IP address, with a port where it is not 53: 192.0.2.1 or [2001:db8::1]:5353"
    if not re.fullmatch(r"\d{1,5}", port, re.ASCII) or not 1 <= int(port) <= MAX_PORT:
        raise ValueError(message)
    try:
        return str(ipaddress.ip_address(host)), int(port)
    except ValueError:
        raise ValueError(message) from None


def default_mail_from(public_url: str) -> str:
    """Return no-reply at the host of the public URL, at localhost where that is a bare address."""
    host = urlsplit(public_url).hostname or "localhost"
    return f"scim-server <no-reply@{host if is_host(host) and host[-1].isalpha() else 'localhost'}>"


def checked_mail_from(value: str) -> str:
    """Return a sender as a From header has it; raises ValueError for anything but one address."""
    header: Any = default_policy.header_factory("From", value)
    senders = header.addresses
    if len(senders) == 1 and not header.defects and senders[0].addr_spec.isascii() and senders[0].username:
        (sender,) = senders
        if is_host(sender.domain.lower()):
            return str(sender)
    message = "give an e-mail address, such as Acme <no-reply@idp.example.com>"
    raise ValueError(message)


def checked_network(value: str) -> str:
    """Return a network in its usual form; raises ValueError."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        message = "give networks such as 10.20.0.0/16, whose last bits are zero"
        raise ValueError(message) from None


def is_host(value: str) -> bool:
    """Tell whether a value is an IP address or a lower-case host name (other scripts in their xn-- form)."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return _NAME.fullmatch(value) is not None and "%" not in value
    return "%" not in value


def available_processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

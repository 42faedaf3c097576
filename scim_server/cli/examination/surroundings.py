"""What the settings say, against the machine and the network around the server."""

import os
import shutil
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from scim_server.cli.examination.findings import Finding, broken, doubtful, well
from scim_server.outbox.transports import NotReachable, SmtpTransport, mail_folder
from scim_server.settings import Settings

# Bytes below which a log or a database may find no place before somebody looks.
_LITTLE_SPACE = 200 * 1024 * 1024
# Seconds that the public address may take.
_PATIENCE = 5
_OK = 200


def home(settings: Settings) -> Finding:
    """Look at the home folder and the space left there."""
    folder = settings.home
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        remedy = "Create it, or point SCIM_SERVER_HOME to a folder that this user may write to."
        return broken("home", f"{folder} is no writable folder", remedy)
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_SPACE:
        return broken("home", f"{folder} has {free // 1024**2:,} MiB left", "Make space on that disk.")
    return well("home", f"{folder}, {free // 1024**3:,} GiB free")


def secret_key(settings: Settings) -> Finding:
    """Look where the secret key comes from: servers on several hosts need the same."""
    file = settings.home / "secret_key"
    drawn = file.is_file() and file.read_text(encoding="ascii").strip() == settings.secret_key.get_secret_value()
    if drawn and not settings.is_sqlite:
        return doubtful(
            "secret key",
            f"drawn at the first start, kept in {file}",
            "Where servers run on several hosts, set SCIM_SERVER_SECRET_KEY to its content on all of them.",
        )
    return well("secret key", f"from {file}; keep it with your backups" if drawn else "set")


def address(settings: Settings) -> Finding:
    """Compare the public URL with what the server listens on, and with who is believed about the client's address."""
    public = urlsplit(settings.public_url)
    local = _is_local(public.hostname or "")
    if local and not _is_local(settings.host):
        return doubtful(
            "address",
            f"listens on {settings.host}, and all links lead to {settings.public_url}",
            "Set SCIM_SERVER_PUBLIC_URL to the address that others use.",
        )
    if public.scheme == "https" and settings.trusted_proxies == 0:
        return doubtful(
            "address",
            f"{settings.public_url} is served through a proxy, and no proxy is believed about who asks",
            "Set SCIM_SERVER_TRUSTED_PROXIES=1, so that limits and the audit log see clients and not the proxy.",
        )
    if local and settings.trusted_proxies:
        return doubtful(
            "address",
            f"{settings.trusted_proxies} proxies are believed, and {settings.public_url} is this machine",
            "Set SCIM_SERVER_PUBLIC_URL to the proxy's address, or SCIM_SERVER_TRUSTED_PROXIES=0.",
        )
    return well("address", settings.public_url)


def answers(settings: Settings) -> Finding:
    """Ask the public URL whether a server is there, as an identity provider would."""
    import requests  # noqa: PLC0415 - heavy, and for this one question

    url = f"{settings.public_url}/readyz"
    try:
        answer = requests.get(url, timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException:
        return doubtful(
            "public URL",
            f"{settings.public_url} gives no answer",
            "Start 'scim-server serve', and the proxy before it.",
        )
    if answer.status_code != _OK or answer.text.strip() != "ok":
        return broken(
            "public URL",
            f"{url} says {answer.status_code}",
            "See whether another program answers there, and what the proxy does with the path.",
        )
    return well("public URL", f"{url} says ok")


def mail(settings: Settings) -> Finding:
    """Connect to the mail server, encrypt, and log in; nothing is sent."""
    folder = mail_folder(settings)
    if folder is not None:
        return doubtful("mail", f"nobody receives mails: they become files in {folder}", "Set SCIM_SERVER_SMTP_HOST.")
    try:
        SmtpTransport(settings, urlsplit(settings.public_url).hostname or "localhost").reach()
    except NotReachable as error:
        return broken("mail", str(error), "Check the SCIM_SERVER_SMTP_ settings, and that the mail server is running.")
    return well("mail", f"{settings.smtp_host}:{settings.smtp_port} takes mail")


def programs(settings: Settings) -> Finding:
    """Look for what a backup of PostgreSQL needs."""
    if settings.is_sqlite:
        return well("backup", "SQLite needs no other program")
    missing = [name for name in ("pg_dump", "pg_restore") if shutil.which(name) is None]
    if missing:
        remedy = "Install PostgreSQL's client programs (on Debian and Ubuntu: postgresql-client)."
        return doubtful("backup", f"{' and '.join(missing)} not found, so 'db backup' cannot work", remedy)
    return well("backup", f"by {Path(shutil.which('pg_dump') or '')}")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

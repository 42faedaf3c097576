"""gunicorn's configuration: `gunicorn -c config/gunicorn.py wsgi:app`. It reads the same settings as `serve`."""

from typing import TYPE_CHECKING

from scim_server.database.engines import dispose_engines
from scim_server.settings import Settings, SettingsError

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

try:
    _settings = Settings.load()
except SettingsError as error:
    raise SystemExit(str(error)) from None

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.workers  # always one on SQLite
threads = _settings.threads
# The lines that the application logs are the access log.
loglevel = _settings.log_level
# Seconds that requests in flight get to finish when the server stops or reloads; `serve` gives as many.
graceful_timeout = 30
# Longer than the idle time of common load balancers, so that they and not we close connections.
keepalive = 75
# Only `trusted_proxies` says who is believed: gunicorn itself takes no forwarded header from anyone.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# The most that gunicorn bounds at all. A longer filter fits into the body of POST .search.
limit_request_line = 8190


def post_fork(server: "Arbiter", worker: "Worker") -> None:  # noqa: ARG001 - gunicorn passes both
    """Close connections that the worker inherited, where `preload_app` built the application before the fork."""
    if worker.app.callable is not None:
        dispose_engines(worker.app.callable)

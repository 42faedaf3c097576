"""The WSGI application, for servers that are given a module: `gunicorn -c config/gunicorn.py wsgi:app`."""

from scim_server.app import create_app
from scim_server.settings import Settings, SettingsError

try:
    app = create_app(Settings.load())
except SettingsError as error:
    raise SystemExit(str(error)) from None

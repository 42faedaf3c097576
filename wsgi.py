"""The WSGI application, for servers that are given a module: `gunicorn -c config/gunicorn.py wsgi:app`."""

from scim_server.app import create_app
from scim_server.logs import set_up_logging
from scim_server.settings import Settings, SettingsError

try:
    settings = Settings.load()
except SettingsError as error:
    raise SystemExit(str(error)) from None
set_up_logging(settings)
app = create_app(settings)
app.extensions["recorder"].start_with_first()

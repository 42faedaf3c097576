"""Where settings come from, and the one line that answers a wrong one: which, the value unless secret, the way out."""

import json
import os
import re
import tomllib
from collections.abc import Callable, Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails

PREFIX = "SCIM_SERVER_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
# Variables with our prefix that are no settings of the server: the first is read here, the others by client commands.
OTHER_VARIABLES = frozenset(
    {CONFIG_VARIABLE, *(f"{PREFIX}{name}" for name in ("API_TOKEN", "CONFIG_HOME", "TIMEOUT", "TOKEN", "URL"))}
)
# Kubernetes sets these for a Service named scim-server; SCIM_SERVER_PORT=tcp://... is one of them.
_SERVICE_LINK = re.compile(r"SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?")
_SERVICE_LINK_HINT = "set enableServiceLinks: false on the pod, Kubernetes puts its Service links there"
_SHOWN_LENGTH = 80
# Their values hold a key or a password.
_SECRETS = frozenset({"secret_key", "secret_key_fallbacks", "database_url", "smtp_password"})


class SettingsError(Exception):
    """A setting is unknown or wrong; the message is one line that names it and what is allowed."""


def read_config() -> dict[str, Any]:
    """Return the TOML document that SCIM_SERVER_CONFIG names; raises SettingsError if there is none to read."""
    name = os.environ.get(CONFIG_VARIABLE)
    if name is None:
        return {}
    message = f"{CONFIG_VARIABLE}: {json.dumps(name, ensure_ascii=False)} "
    try:
        return tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{message}cannot be read ({error.strerror}); name a TOML file") from None
    except ValueError as error:  # both tomllib's and that of the encoding
        raise SettingsError(f"{message}is not TOML: {' '.join(str(error).split())}") from None


def refuse_unknown_variables(names: Collection[str]) -> None:
    """Raise SettingsError for a variable with our prefix that sets none of these names."""
    known = {f"{PREFIX}{name.upper()}" for name in names} | OTHER_VARIABLES
    for variable in sorted(os.environ):
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            hint = _meant(variable.upper(), known)
            if _SERVICE_LINK.fullmatch(variable.upper().removeprefix(PREFIX)):
                hint = _SERVICE_LINK_HINT
            raise SettingsError(f"{_shown(variable)[1:-1]}: there is no such setting; {hint}")


def refuse_unknown_names(names: Collection[str], place: str, values: Collection[str]) -> None:
    """Raise SettingsError for a value under none of these names."""
    known = set(names)
    for name in values:
        if name not in known:
            raise SettingsError(f"{_shown(name)[1:-1]}{place}: there is no such setting; {_meant(name.lower(), known)}")


def _meant(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f"did you mean {near[0]}?" if near else "config/default.toml lists them all"


def line(error: ErrorDetails, overrides: dict[str, Any], config: dict[str, Any], allowed: Callable[[str], str]) -> str:
    """Put a validation error in one line: where the value came from, the value unless secret, what is allowed."""
    name = str(error["loc"][0])
    label, value = _source(name, overrides, config)
    if name == "port" and str(value).startswith("tcp://"):
        reason = _SERVICE_LINK_HINT
    elif error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
    else:
        reason = allowed(name)
    shown = "" if name in _SECRETS or value is None or value == "" else f"{_shown(value)} is not allowed: "
    return f"{label}: {shown}{reason}"


def _source(name: str, overrides: dict[str, Any], config: dict[str, Any]) -> tuple[str, Any]:
    """Return how to call the setting where it was set, and the value there."""
    if name in overrides:
        return name, overrides[name]
    variable = f"{PREFIX}{name.upper()}"
    for key, value in os.environ.items():
        if key.upper() == variable:
            return key, value
    if name in config:
        return f"{name} in {os.environ[CONFIG_VARIABLE]}", config[name]
    return variable, None


def _shown(value: object) -> str:
    """Quote a value in one line of bounded length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."

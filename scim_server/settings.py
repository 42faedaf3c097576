"""The settings of a server: environment variables `SCIM_SERVER_*` over a TOML file over defaults that work.

The TOML file is the one that `SCIM_SERVER_CONFIG` names; no other is searched for. An unknown name or a wrong value
stops the start. `config/default.toml` shows every setting, `config/production.example.toml` which of them to change.
"""

import json
import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from scim_server import setting_values

PREFIX = "SCIM_SERVER_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
# Variables with our prefix that are no settings of the server: the first is read here, the other by client commands.
OTHER_VARIABLES = frozenset({CONFIG_VARIABLE, f"{PREFIX}API_TOKEN"})
# Kubernetes sets these for a Service named scim-server; SCIM_SERVER_PORT=tcp://... is one of them.
_SERVICE_LINK = re.compile(r"SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?")
_SERVICE_LINK_HINT = "set enableServiceLinks: false on the pod, Kubernetes puts its Service links there"
_SHOWN_LENGTH = 80
# Their values hold a key or a password.
_SECRETS = frozenset({"secret_key", "secret_key_fallbacks", "database_url"})


class SettingsError(Exception):
    """A setting is unknown or wrong; the message is one line that names it and what is allowed."""


def setting(description: str, allowed: str, **field: Any) -> Any:
    """Declare a setting: what it is, what it may be, and the default and bounds that pydantic's Field takes."""
    return Field(description=description, json_schema_extra={"allowed": allowed}, **field)


class Settings(BaseSettings):
    """All settings, checked and frozen. Build it with `load`; keyword arguments go before every other source."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    home: Path = setting(
        "The folder of the embedded data: the SQLite database and the secret key. Without it: var/ of the checkout "
        "that the server runs from, otherwise scim-server/ in $XDG_DATA_HOME or ~/.local/share.",
        "a folder that can be written",
        default_factory=setting_values.default_home,
    )
    host: str = setting(
        "The address that the server listens on; 0.0.0.0 or :: for all.",
        "an IP address or a host name",
        default="127.0.0.1",
    )
    port: int = setting(
        "The port that the server listens on.", "a whole number from 1 to 65535", default=8000, ge=1, le=65_535
    )
    allow_insecure_public_url: bool = setting(
        "Permit http in public_url for a host that is not this machine. Only where an outer layer, such as a mesh, "
        "encrypts: tokens cross the network.",
        "true or false",
        default=False,
    )
    public_url: str = setting(
        "The address by which people and identity providers reach the server: the only base of links and of "
        "meta.location, whatever the request says. Without it: http://127.0.0.1 with the port.",
        "scheme, host and port, such as https://idp.example.com",
        default_factory=lambda data: f"http://127.0.0.1:{data['port']}",
    )
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = setting(
        "The names that a request's Host header may bear; a leading dot admits subdomains. In the environment "
        "separated by commas. Without it: the host of public_url and the names of this machine.",
        "host names without scheme and port",
        default_factory=lambda data: setting_values.default_trusted_hosts(data["public_url"]),
        min_length=1,
    )
    trusted_proxies: int = setting(
        "How many proxies stand before the server and set X-Forwarded-For and X-Forwarded-Proto; with 0 nobody is "
        "believed.",
        "a whole number from 0 to 10",
        default=0,
        ge=0,
        le=10,
    )
    database_url: str = setting(
        "The database: sqlite:////absolute/path or postgresql+psycopg://user:password@host/name. Without it: "
        "scim-server.sqlite in home.",
        "sqlite:////absolute/path or postgresql+psycopg://user:password@host/name",
        default_factory=lambda data: _embedded_database(data["home"]),
        repr=False,
    )
    sqlite_synchronous: Literal["NORMAL", "FULL"] = setting(
        "When SQLite waits for the disk. FULL: every acknowledged write survives a power cut, as it does on "
        "PostgreSQL; an identity provider never repeats what was acknowledged, so a lost deactivation would leave "
        "access open. NORMAL: survives a killed process but not a power cut, and writes about 1.4 times as fast.",
        "FULL or NORMAL",
        default="FULL",
    )
    workers: int = setting(
        "Processes that serve. SQLite has one; PostgreSQL as many as there are processors, unless set.",
        "a whole number from 1 to 256",
        default_factory=lambda data: 1 if _is_sqlite(data["database_url"]) else setting_values.available_processors(),
        ge=1,
        le=256,
    )
    threads: int = setting(
        "Threads in each process; more than a few for each processor only wait for each other.",
        "a whole number from 1 to 256",
        default=4,
        ge=1,
        le=256,
    )
    database_pool_size: int = setting(
        "Connections that each process keeps to PostgreSQL, once for reading and once for writing: at most "
        "2 x workers x this many in all. Without it: as many as threads.",
        "a whole number from 1 to 256",
        default_factory=lambda data: data["threads"],
        ge=1,
        le=256,
    )
    statement_timeout: float = setting(
        "Seconds that a statement may run, or wait for a lock or a connection, before the request is answered by 503.",
        "seconds from 0.1 to 600",
        default=15.0,
        ge=0.1,
        le=600,
        allow_inf_nan=False,
    )
    rate_limit_per_second: float = setting(
        "SCIM requests a second that one token may send for long; beyond, 429 with Retry-After. 0 switches the limit "
        "off. Microsoft Entra needs at least 25.",
        "a number from 0 to 1000000",
        default=50.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
    )
    rate_limit_burst: int = setting(
        "SCIM requests that one token may send at once after a pause.",
        "a whole number from 1 to 1000000",
        default=100,
        ge=1,
        le=1_000_000,
    )
    management_gets_per_second: float = setting(
        "Reading management requests a second that one token may send for long. 0 switches the limit off.",
        "a number from 0 to 1000000",
        default=25.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
    )
    management_posts_per_second: float = setting(
        "Changing management requests a second that one token may send for long. 0 switches the limit off.",
        "a number from 0 to 1000000",
        default=10.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
    )
    management_deletes_per_second: float = setting(
        "Deleting management requests a second that one token may send for long. 0 switches the limit off.",
        "a number from 0 to 1000000",
        default=5.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
    )
    dns_resolvers: Annotated[tuple[str, ...], NoDecode] = setting(
        "The DNS resolvers that are asked for the proofs of domains; the first two, both at once. Resolvers of two "
        "providers make a forged answer unlikely. In the environment separated by commas. Without it: the system's.",
        "IP addresses, each with a port where it is not 53: 192.0.2.1, 192.0.2.1:5353, 2001:db8::1 or "
        "[2001:db8::1]:5353",
        default=(),
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "The least weight of what is logged.", "debug, info, warning or error", default="info"
    )
    log_format: Literal["console", "json"] = setting(
        "How log lines look: console for people, json for collectors.", "console or json", default="console"
    )
    secret_key_fallbacks: Annotated[tuple[SecretStr, ...], NoDecode] = setting(
        "Earlier secret keys, still accepted until they are taken out: so a key is changed without a break. In the "
        "environment separated by commas.",
        "keys of at least 32 random characters",
        default=(),
    )
    secret_key: SecretStr = setting(
        "The key that signs cursors, links and cookies; every process of every host needs the same. Without it: the "
        "file secret_key in home, drawn at the first start. Servers on several hosts share no home: set it there.",
        "at least 32 random characters",
        default_factory=lambda data: setting_values.secret_key_in(data["home"]),
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read and check all sources; `overrides` (of the command line) win.

        Raises SettingsError, whose text is one line naming the setting, the bad value unless it is a secret, and what
        is allowed.
        """
        config = _read_config()
        _refuse_unknown_variables()
        _refuse_unknown_names("", overrides)
        _refuse_unknown_names(f" in {os.environ.get(CONFIG_VARIABLE)}", config)
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError(_line(error.errors()[0], overrides, config)) from None
        except ValueError as error:  # of a computed default; each of those needs home
            raise SettingsError(f"{PREFIX}HOME: {error}") from None

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the data lies in SQLite, which one process serves."""
        return _is_sqlite(self.database_url)

    @property
    def signing_keys(self) -> list[str]:
        """Return the secret key, with which everything is signed, and then those that are still accepted."""
        return [key.get_secret_value() for key in (self.secret_key, *self.secret_key_fallbacks)]

    @property
    def allowed_hosts(self) -> list[str]:
        """Return `trusted_hosts` as Flask's TRUSTED_HOSTS takes it."""
        return list(self.trusted_hosts)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes it by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before the file that SCIM_SERVER_CONFIG names."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get(CONFIG_VARIABLE))
        return init_settings, env_settings, toml

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_doubtful_forms(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            value = value.strip()
            if not value:
                message = "the value is empty: give one, or remove the setting to have the default"
                raise ValueError(message)
            if not value.isprintable():
                message = "the value holds a control character"
                raise ValueError(message)
        elif isinstance(value, bool) and info.field_name != "allow_insecure_public_url":
            raise ValueError(_allowed(info.field_name or ""))  # pydantic would read true as 1
        return value

    @field_validator("log_level", "sqlite_synchronous", mode="before")
    @classmethod
    def _fold_case(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        return value.lower() if info.field_name == "log_level" else value.upper()

    @field_validator("trusted_hosts", "secret_key_fallbacks", "dns_resolvers", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _check_home(cls, value: Path) -> Path:
        try:
            return value.expanduser().absolute()
        except RuntimeError:
            message = "the user behind ~ has no home folder"
            raise ValueError(message) from None

    @field_validator("host")
    @classmethod
    def _check_host(cls, value: str) -> str:
        if not setting_values.is_host(value.lower()):
            raise ValueError(_allowed("host"))
        return value.lower()

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str, info: ValidationInfo) -> str:
        allow_insecure = bool(info.data.get("allow_insecure_public_url"))
        return setting_values.checked_public_url(value, allow_insecure=allow_insecure)

    @field_validator("trusted_hosts")
    @classmethod
    def _check_trusted_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(setting_values.checked_trusted_host(name) for name in value)

    @field_validator("dns_resolvers")
    @classmethod
    def _check_dns_resolvers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            setting_values.resolver_address(text)
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        return setting_values.checked_database_url(value)

    @field_validator("workers")
    @classmethod
    def _check_workers(cls, value: int, info: ValidationInfo) -> int:
        if value > 1 and _is_sqlite(info.data.get("database_url", "")):
            message = "SQLite is served by one process: set 1, or a PostgreSQL database_url"
            raise ValueError(message)
        return value

    @field_validator("secret_key", "secret_key_fallbacks")
    @classmethod
    def _check_secrets(cls, value: SecretStr | tuple[SecretStr, ...]) -> SecretStr | tuple[SecretStr, ...]:
        for key in (value,) if isinstance(value, SecretStr) else value:
            setting_values.checked_secret(key.get_secret_value())
        return value


def _is_sqlite(database_url: str) -> bool:
    return database_url.startswith("sqlite:")


def _embedded_database(home: Path) -> str:
    setting_values.create_home(home)
    # A URL: what a folder is called may hold characters with a meaning there.
    return f"sqlite:///{quote(str(home / 'scim-server.sqlite'))}"


def _allowed(name: str) -> str:
    extra = Settings.model_fields[name].json_schema_extra
    return f"give {extra['allowed']}" if isinstance(extra, dict) else ""


def _read_config() -> dict[str, Any]:
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


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    for variable in sorted(os.environ):
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            hint = _meant(variable.upper(), known)
            if _SERVICE_LINK.fullmatch(variable.upper().removeprefix(PREFIX)):
                hint = _SERVICE_LINK_HINT
            raise SettingsError(f"{_shown(variable)[1:-1]}: there is no such setting; {hint}")


def _refuse_unknown_names(place: str, values: dict[str, Any]) -> None:
    known = set(Settings.model_fields)
    for name in values:
        if name not in known:
            raise SettingsError(f"{_shown(name)[1:-1]}{place}: there is no such setting; {_meant(name.lower(), known)}")


def _meant(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f"did you mean {near[0]}?" if near else "config/default.toml lists them all"


def _line(error: ErrorDetails, overrides: dict[str, Any], config: dict[str, Any]) -> str:
    """Put a validation error in one line: where the value came from, the value unless secret, what is allowed."""
    name = str(error["loc"][0])
    label, value = _source(name, overrides, config)
    if name == "port" and str(value).startswith("tcp://"):
        reason = _SERVICE_LINK_HINT
    elif error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
    else:
        reason = _allowed(name)
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

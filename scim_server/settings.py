"""The settings of a server: environment variables `SCIM_SERVER_*` over a TOML file over defaults that work.

The TOML file is the one that `SCIM_SERVER_CONFIG` names; no other is searched for. An unknown name or a wrong value
stops the start. `config/default.toml` shows every setting, `config/production.example.toml` which of them to change.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from scim_server import setting_sources, setting_values
from scim_server.setting_sources import CONFIG_VARIABLE, OTHER_VARIABLES, PREFIX, SettingsError

__all__ = ["CONFIG_VARIABLE", "OTHER_VARIABLES", "PREFIX", "Settings", "SettingsError", "setting"]


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
        "Connections that each process keeps to PostgreSQL: at most workers x this many in all. Without it: as many as "
        "threads.",
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
    session_idle_minutes: int = setting(
        "Minutes without a request until a person has to sign in again.",
        "a whole number from 5 to 43200",
        default=60,
        ge=5,
        le=43_200,
    )
    session_hours: int = setting(
        "Hours until a person has to sign in anew.", "a whole number from 1 to 720", default=12, ge=1, le=720
    )
    command_line_days: int = setting(
        "Days until a person has to log in anew by scim-server login.",
        "a whole number from 1 to 365",
        default=30,
        ge=1,
        le=365,
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
    smtp_host: str | None = setting(
        "The mail server that takes what this server sends. Without it: mails become files in mail/ in home, and "
        "nobody receives them.",
        "an IP address or a host name",
        default_factory=lambda: None,
    )
    smtp_security: Literal["none", "starttls", "tls"] = setting(
        "How the connection to the mail server is encrypted: tls from the start, starttls before anything else is "
        "said, or none, for a mail server on this machine. A server that does not offer it gets no mail.",
        "none, starttls or tls",
        default="starttls",
    )
    smtp_port: int = setting(
        "The port of the mail server. Without it: 465 with tls, 587 with starttls, 25 with none.",
        "a whole number from 1 to 65535",
        default_factory=lambda data: setting_values.SMTP_PORTS[data.get("smtp_security", "none")],
        ge=1,
        le=65_535,
    )
    smtp_username: str | None = setting(
        "The name to log in to the mail server with. Without it: no login.",
        "a user name, beside smtp_password",
        default_factory=lambda: None,
    )
    smtp_password: SecretStr | None = setting(
        "The password that belongs to smtp_username.",
        "a password, beside smtp_username, and smtp_security tls or starttls",
        default_factory=lambda: None,
    )
    smtp_timeout: float = setting(
        "Seconds that the mail server may take for each answer.",
        "seconds from 0.1 to 600",
        default=10.0,
        ge=0.1,
        le=600,
        allow_inf_nan=False,
    )
    mail_from: str = setting(
        "Whom mails come from: an address, or a name and an address in <>. Without it: no-reply at the host of "
        "public_url.",
        "an e-mail address, such as Acme <no-reply@idp.example.com>",
        default_factory=lambda data: setting_values.default_mail_from(data.get("public_url", "")),
    )
    outbound_private_networks: Annotated[tuple[str, ...], NoDecode] = setting(
        "Networks that are not public and yet may be called, such as that of an identity provider inside the house. "
        "All other private addresses are refused wherever somebody configures one. With 127.0.0.0/8 also http, on "
        "this machine alone. In the environment separated by commas.",
        "networks such as 10.20.0.0/16",
        default=(),
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
        config = setting_sources.read_config()
        setting_sources.refuse_unknown_variables(cls.model_fields)
        setting_sources.refuse_unknown_names(cls.model_fields, "", overrides)
        setting_sources.refuse_unknown_names(cls.model_fields, f" in {os.environ.get(CONFIG_VARIABLE)}", config)
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError(setting_sources.line(error.errors()[0], overrides, config, _allowed)) from None
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

    @field_validator("log_level", "smtp_security", "sqlite_synchronous", mode="before")
    @classmethod
    def _fold_case(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        return value.upper() if info.field_name == "sqlite_synchronous" else value.lower()

    @field_validator(
        "trusted_hosts", "secret_key_fallbacks", "dns_resolvers", "outbound_private_networks", mode="before"
    )
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

    @field_validator("host", "smtp_host")
    @classmethod
    def _check_host(cls, value: str | None) -> str | None:
        if value is not None and not setting_values.is_host(value.lower()):
            raise ValueError(_allowed("host"))
        return value and value.lower()

    @field_validator("smtp_password")
    @classmethod
    def _check_smtp_login(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and not info.data.get("smtp_username"):
            message = "there is a password and no name: set smtp_username too"
            raise ValueError(message)
        if value is not None and info.data.get("smtp_security") == "none":
            message = "the password would cross the network in the clear: set smtp_security to tls or starttls"
            raise ValueError(message)
        return value

    @field_validator("mail_from")
    @classmethod
    def _check_mail_from(cls, value: str) -> str:
        return setting_values.checked_mail_from(value)

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str, info: ValidationInfo) -> str:
        allow_insecure = bool(info.data.get("allow_insecure_public_url"))
        return setting_values.checked_public_url(value, allow_insecure=allow_insecure)

    @field_validator("trusted_hosts")
    @classmethod
    def _check_trusted_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(setting_values.checked_trusted_host(name) for name in value)

    @field_validator("outbound_private_networks")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(setting_values.checked_network(text) for text in value)

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

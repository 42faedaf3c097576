"""The settings: where they come from, which source wins, and the one line that answers a wrong one."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from scim_server import setting_values
from scim_server.settings import Settings, SettingsError

KEY = "a-Key-of-32-characters-or-longer-0123456789"
OTHER_KEY = "another-Key-of-32-characters-or-longer-98765"
POSTGRESQL = "postgresql+psycopg://scim:hunter2@db.example.com/scim"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Leave nothing of the surrounding environment but a home of its own."""
    for name in os.environ:
        if name.upper().startswith("SCIM_SERVER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCIM_SERVER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def setenv(monkeypatch):
    def set_variables(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"SCIM_SERVER_{name}", value)

    return set_variables


@pytest.fixture
def configure(tmp_path, setenv):
    def write(text):
        path = tmp_path / "server.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        setenv(CONFIG=str(path))
        return path

    return write


def refusal(**overrides):
    with pytest.raises(SettingsError) as caught:
        Settings.load(**overrides)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


# Sources


def test_everything_has_a_default_that_works(home):
    settings = Settings.load()
    assert settings.home == home
    assert settings.database_url == f"sqlite:///{home}/scim-server.sqlite"
    assert settings.is_sqlite
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert (settings.rate_limit_per_second, settings.rate_limit_burst) == (50, 100)
    assert settings.trusted_proxies == 0
    assert settings.allowed_hosts == ["127.0.0.1", "localhost", "[::1]"]


def test_the_environment_goes_before_the_file_and_arguments_before_both(configure, setenv):
    configure('port = 1001\nlog_level = "debug"\nthreads = 3\n')
    setenv(PORT="1002", THREADS="5")
    settings = Settings.load(port=1003)
    assert (settings.port, settings.threads, settings.log_level) == (1003, 5, "debug")


def test_lists_are_toml_arrays_or_separated_by_commas(configure, setenv):
    configure('trusted_hosts = ["a.example", ".b.example"]')
    assert Settings.load().trusted_hosts == ("a.example", ".b.example")
    setenv(TRUSTED_HOSTS="C.example, [::1]")
    assert Settings.load().trusted_hosts == ("c.example", "[::1]")


def test_a_resolver_has_a_port_where_it_is_not_53(setenv):
    setenv(DNS_RESOLVERS="192.0.2.1, 192.0.2.1:5353, 2001:db8::1, [2001:DB8::1]:5353")
    assert [setting_values.resolver_address(text) for text in Settings.load().dns_resolvers] == [
        ("192.0.2.1", 53),
        ("192.0.2.1", 5353),
        ("2001:db8::1", 53),
        ("2001:db8::1", 5353),
    ]


def test_settings_cannot_be_changed():
    settings = Settings.load()
    with pytest.raises(ValidationError):
        settings.port = 1


def test_words_may_be_written_in_either_case(setenv):
    setenv(LOG_LEVEL="DEBUG", SQLITE_SYNCHRONOUS="normal", HOST="LOCALHOST", ALLOW_INSECURE_PUBLIC_URL="True")
    settings = Settings.load()
    assert (settings.log_level, settings.sqlite_synchronous, settings.host) == ("debug", "NORMAL", "localhost")
    assert settings.allow_insecure_public_url


def test_the_token_of_client_commands_is_no_setting(setenv):
    setenv(API_TOKEN="anything")
    assert Settings.load()


# Defaults that follow other settings


def test_the_public_url_follows_the_port(setenv):
    setenv(PORT="9000", HOST="0.0.0.0")
    assert Settings.load().public_url == "http://127.0.0.1:9000"


def test_the_host_of_the_public_url_is_trusted():
    assert "idp.example.com" in Settings.load(public_url="https://idp.example.com:8443").trusted_hosts
    assert "[fe80::1]" in Settings.load(public_url="https://[fe80::1]").trusted_hosts


def test_postgresql_is_served_by_every_processor_and_a_connection_for_each_thread():
    settings = Settings.load(database_url=POSTGRESQL, threads=7)
    assert settings.workers == setting_values.available_processors()
    assert settings.database_pool_size == 7
    assert not settings.is_sqlite
    assert Settings.load(database_url=POSTGRESQL, workers=3).workers == 3


def test_home_is_in_the_checkout_wherever_a_command_starts(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert setting_values.default_home() == Path(__file__).parents[1] / "var"


@pytest.mark.parametrize(
    ("data", "expected"),
    [("/data", "/data/scim-server"), ("", "/home/dora/.local/share/scim-server"), ("relative", None)],
)
def test_home_of_an_installed_server_is_the_data_folder(monkeypatch, tmp_path, data, expected):
    monkeypatch.setattr(setting_values, "_CHECKOUT", tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", data)
    monkeypatch.setenv("HOME", "/home/dora")
    assert setting_values.default_home() == Path(expected or "/home/dora/.local/share/scim-server")


def test_a_relative_home_or_one_with_a_tilde_becomes_absolute(setenv, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "dora"))
    setenv(HOME="data")
    assert Settings.load().home == tmp_path / "data"
    setenv(HOME="~/data")
    assert Settings.load().home == tmp_path / "dora" / "data"


# Normal forms


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_urls_get_the_driver(scheme):
    url = f"{scheme}://u:p%40ss@h:5433/d?sslmode=require"
    assert Settings.load(database_url=url).database_url == "postgresql+psycopg://u:p%40ss@h:5433/d?sslmode=require"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://IDP.Example.com/", "https://idp.example.com"),
        ("https://idp.example.com:8443", "https://idp.example.com:8443"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://scim.localhost", "http://scim.localhost"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_a_public_url_is_scheme_host_and_port(given, stored):
    assert Settings.load(public_url=given).public_url == stored


def test_http_in_a_network_must_be_allowed_expressly():
    settings = Settings.load(public_url="http://scim.internal", allow_insecure_public_url=True)
    assert settings.public_url == "http://scim.internal"


# Secrets


def test_the_secret_key_is_drawn_once_and_for_its_owner_alone(home):
    first = Settings.load().signing_keys
    assert first == Settings.load().signing_keys
    assert len(first[0]) >= 32
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_processes_that_start_together_draw_one_key(home):
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: setting_values.secret_key_in(home), range(64)))) == 1


def test_a_process_that_was_slower_takes_the_key_of_the_faster(home, monkeypatch):
    first = setting_values.secret_key_in(home)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert setting_values.secret_key_in(home) == first


def test_a_key_that_is_set_needs_no_home(setenv):
    setenv(HOME="/proc/nowhere", SECRET_KEY=KEY, DATABASE_URL=POSTGRESQL)
    assert Settings.load().signing_keys == [KEY]


def test_earlier_keys_come_after_the_present_one(setenv):
    setenv(SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=f"{OTHER_KEY},{OTHER_KEY[::-1]}")
    assert Settings.load().signing_keys == [KEY, OTHER_KEY, OTHER_KEY[::-1]]


def test_a_key_that_others_can_read_is_refused(home):
    Settings.load()
    (home / "secret_key").chmod(0o640)
    assert "chmod 600" in refusal()


def test_secrets_are_not_shown(setenv):
    setenv(SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=OTHER_KEY, DATABASE_URL=POSTGRESQL)
    shown = repr(Settings.load()) + str(Settings.load())
    assert not any(secret in shown for secret in (KEY, OTHER_KEY, "hunter2"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "hunter2"),
        ("SECRET_KEY", "hunter2" + "\a" * 40),
        ("SECRET_KEY", "hunter2" * 10),
        ("SECRET_KEY_FALLBACKS", f"{KEY},hunter2"),
        ("DATABASE_URL", "mysql://root:hunter2@db/scim"),
        ("DATABASE_URL", "postgresql://scim:hunter2@db:port/scim"),
    ],
)
def test_a_wrong_secret_is_named_but_not_repeated(setenv, name, value):
    setenv(**{name: value})
    line = refusal()
    assert line.startswith(f"SCIM_SERVER_{name}: ")
    assert "hunter2" not in line


# Mail


def test_mail_goes_nowhere_unless_a_server_is_named():
    settings = Settings.load(public_url="https://idp.example.com")
    assert settings.smtp_host is None
    assert settings.mail_from == "scim-server <no-reply@idp.example.com>"
    assert Settings.load().mail_from == "scim-server <no-reply@localhost>"


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("STARTTLS", 587), ("none", 25)])
def test_each_security_has_its_port(security, port):
    assert Settings.load(smtp_security=security).smtp_port == port


def test_a_password_needs_a_name_and_encryption(setenv):
    setenv(SMTP_PASSWORD="hunter2")
    line = refusal()
    assert line.startswith("SCIM_SERVER_SMTP_PASSWORD: there is a password and no name")
    setenv(SMTP_USERNAME="scim", SMTP_SECURITY="none")
    assert "in the clear" in refusal()
    assert "hunter2" not in line + refusal()
    setenv(SMTP_SECURITY="tls")
    assert "hunter2" not in repr(Settings.load())


# Wrong values

WRONG = [
    ("SMTP_HOST", "smtp://mail", "IP address or a host name"),
    ("SMTP_SECURITY", "ssl", "none, starttls or tls"),
    ("SMTP_PORT", "0", "whole number from 1 to 65535"),
    ("SMTP_USERNAME", "", "empty"),
    ("SMTP_TIMEOUT", "0", "seconds from 0.1"),
    ("MAIL_FROM", "nobody", "e-mail address"),
    ("MAIL_FROM", "a@example.com, b@example.com", "e-mail address"),
    ("OUTBOUND_PRIVATE_NETWORKS", "10.20.0.1/16", "networks such as 10.20.0.0/16"),
    ("OUTBOUND_PRIVATE_NETWORKS", "localhost", "networks such as 10.20.0.0/16"),
    ("PORT", "0", "whole number from 1 to 65535"),
    ("PORT", "65536", "whole number from 1 to 65535"),
    ("PORT", "http", "whole number from 1 to 65535"),
    ("PORT", "80.5", "whole number from 1 to 65535"),
    ("PORT", "tcp://10.0.0.1:80", "enableServiceLinks"),
    ("PORT", "", "empty"),
    ("HOME", "", "empty"),
    ("HOME", " ", "empty"),
    ("HOME", "~nobody-of-this-name/data", "no home folder"),
    ("HOST", "http://localhost", "IP address or a host name"),
    ("HOST", "*", "IP address or a host name"),
    ("WORKERS", "0", "whole number from 1"),
    ("WORKERS", "2", "PostgreSQL"),
    ("THREADS", "-1", "whole number from 1"),
    ("TRUSTED_PROXIES", "all", "whole number from 0"),
    ("TRUSTED_HOSTS", "*", "without scheme, port or *"),
    ("TRUSTED_HOSTS", "https://idp.example.com", "without scheme"),
    ("TRUSTED_HOSTS", "idp.example.com:443", "without scheme, port"),
    ("TRUSTED_HOSTS", "a,,b", "without scheme"),
    ("DNS_RESOLVERS", "one.one.one.one", "IP address"),
    ("DNS_RESOLVERS", "192.0.2.1:65536", "IP address"),
    ("DNS_RESOLVERS", "192.0.2.1:0", "IP address"),
    ("DNS_RESOLVERS", "192.0.2.1:+53", "IP address"),
    ("DNS_RESOLVERS", "[2001:db8::1]", "IP address"),
    ("DNS_RESOLVERS", "192.0.2.1,", "IP address"),
    ("ALLOW_INSECURE_PUBLIC_URL", "perhaps", "true or false"),
    ("PUBLIC_URL", "idp.example.com", "https://"),
    ("PUBLIC_URL", "ftp://idp.example.com", "https://"),
    ("PUBLIC_URL", "https://", "https://"),
    ("PUBLIC_URL", "https://a b", "https://"),
    ("PUBLIC_URL", "https://idp.example.com/scim", "scheme, host and port only"),
    ("PUBLIC_URL", "https://idp.example.com?a", "scheme, host and port only"),
    ("PUBLIC_URL", "https://idp.example.com#a", "scheme, host and port only"),
    ("PUBLIC_URL", "https://user@idp.example.com", "scheme, host and port only"),
    ("PUBLIC_URL", "https://idp.example.com:port", "scheme, host and port only"),
    ("PUBLIC_URL", "https://idp.example.com:99999", "scheme, host and port only"),
    ("PUBLIC_URL", "https://[::1", "scheme, host and port only"),
    ("PUBLIC_URL", "https://bücher.example", "scheme, host and port only"),
    ("PUBLIC_URL", "http://idp.example.com", "use https"),
    ("PUBLIC_URL", "http://127.0.0.1.example.com", "use https"),
    ("DATABASE_URL", "", "empty"),
    ("DATABASE_URL", "scim.db", "sqlite:////absolute/path"),
    ("DATABASE_URL", "sqlite://", "four slashes"),
    ("DATABASE_URL", "sqlite:///:memory:", "four slashes"),
    ("DATABASE_URL", "sqlite:///scim.db", "four slashes"),
    ("DATABASE_URL", "sqlite:////no/such/folder/scim.db", "does not exist"),
    ("DATABASE_URL", "postgresql+psycopg2://h/d", "postgresql+psycopg://"),
    ("DATABASE_URL", "postgresql://h", "name of the database"),
    ("DATABASE_POOL_SIZE", "0", "whole number from 1"),
    ("SQLITE_SYNCHRONOUS", "OFF", "FULL or NORMAL"),
    ("STATEMENT_TIMEOUT", "0", "seconds from 0.1"),
    ("STATEMENT_TIMEOUT", "inf", "seconds from 0.1"),
    ("RATE_LIMIT_PER_SECOND", "-1", "number from 0"),
    ("RATE_LIMIT_PER_SECOND", "nan", "number from 0"),
    ("RATE_LIMIT_BURST", "0", "whole number from 1"),
    ("MANAGEMENT_GETS_PER_SECOND", "-1", "number from 0"),
    ("MANAGEMENT_POSTS_PER_SECOND", "nan", "number from 0"),
    ("MANAGEMENT_DELETES_PER_SECOND", "many", "number from 0"),
    ("SESSION_IDLE_MINUTES", "4", "number from 5 to 43200"),
    ("SESSION_HOURS", "721", "number from 1 to 720"),
    ("COMMAND_LINE_DAYS", "0", "number from 1 to 365"),
    ("LOG_LEVEL", "loud", "debug, info, warning or error"),
    ("LOG_FORMAT", "xml", "console or json"),
    ("LOG_FORMAT", "json\nconsole", "control character"),
]


@pytest.mark.parametrize(("name", "value", "way_out"), WRONG)
def test_a_wrong_variable_is_answered_by_its_name_its_value_and_the_way_out(setenv, name, value, way_out):
    setenv(**{name: value})
    line = refusal()
    assert line.startswith(f"SCIM_SERVER_{name}: ")
    assert way_out in line
    if value.strip() and value.isprintable() and name != "DATABASE_URL":
        assert f'"{value}"' in line


def test_every_setting_has_a_wrong_value_above():
    unbounded = {"secret_key", "secret_key_fallbacks", "smtp_password"}  # tested with the secrets
    assert {name.lower() for name, _, _ in WRONG} | unbounded == set(Settings.model_fields)


def test_a_long_value_is_cut(setenv):
    setenv(LOG_LEVEL="x" * 10_000)
    assert len(refusal()) < 250


@pytest.mark.parametrize(
    ("toml", "name", "way_out"),
    [
        ('port = "many"', "port", "whole number"),
        ("port = true", "port", "whole number"),
        ("port = []", "port", "whole number"),
        ("log_level = 3", "log_level", "debug, info"),
        ("trusted_hosts = []", "trusted_hosts", "host names"),
        ("trusted_hosts = [1]", "trusted_hosts", "host names"),
        ('dns_resolvers = ["ns.example.com"]', "dns_resolvers", "an IP address"),
        ('prot = "80"', "prot", "did you mean port?"),
        ('PORT = "80"', "PORT", "did you mean port?"),
        ('"a\\nb" = 1', "a\\nb", "there is no such setting"),
        ("[database]\nurl = 'x'", "database", "there is no such setting"),
        ("statement_timeout = 2020-01-01", "statement_timeout", "seconds"),
    ],
)
def test_a_wrong_line_of_the_file_is_answered_by_its_name_and_the_file(configure, toml, name, way_out):
    path = configure(toml)
    line = refusal()
    assert line.startswith(f"{name} in {path}: ")
    assert way_out in line


@pytest.mark.parametrize("text", ["port 80", "port = 1\nport = 2", b"port = \xff", "a = '\n'"])
def test_a_file_that_is_no_toml_is_refused(configure, text):
    path = configure(text)
    assert refusal().startswith(f'SCIM_SERVER_CONFIG: "{path}" is not TOML')


@pytest.mark.parametrize("name", ["/no/such/file.toml", "/", ""])
def test_a_file_that_cannot_be_read_is_refused(setenv, name):
    setenv(CONFIG=name)
    assert refusal().startswith(f'SCIM_SERVER_CONFIG: "{name}" cannot be read')


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("PUBLIC_ULR", "did you mean SCIM_SERVER_PUBLIC_URL?"),
        ("RATE_LIMIT", "did you mean SCIM_SERVER_RATE_LIMIT_"),
        ("COLOUR_OF_THE_WALLS", "config/default.toml"),
        ("SERVICE_HOST", "enableServiceLinks"),
        ("PORT_80_TCP_ADDR", "enableServiceLinks"),
    ],
)
def test_an_unknown_variable_is_refused(setenv, name, hint):
    setenv(**{name: "1"})
    line = refusal()
    assert line.startswith(f"SCIM_SERVER_{name}: there is no such setting")
    assert hint in line


def test_a_wrong_argument_is_named_as_such():
    assert refusal(port=0).startswith("port: 0 is not allowed")
    assert refusal(prot=1).startswith("prot: there is no such setting; did you mean port?")


@pytest.mark.parametrize("variable", [{}, {"SECRET_KEY": KEY}, {"DATABASE_URL": POSTGRESQL}])
def test_a_home_that_cannot_be_made_is_refused(setenv, tmp_path, variable):
    (tmp_path / "file").touch()
    setenv(HOME=str(tmp_path / "file" / "home"), **variable)
    assert refusal().startswith("SCIM_SERVER_HOME: ")


def test_a_user_without_a_home_folder_is_told_to_name_one(monkeypatch, tmp_path):
    def fail():
        raise RuntimeError

    monkeypatch.delenv("SCIM_SERVER_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(setting_values, "_CHECKOUT", tmp_path)
    monkeypatch.setattr(Path, "home", fail)
    assert refusal().startswith("SCIM_SERVER_HOME: this user has no home folder")


def test_a_wrong_setting_leaves_nothing_behind(home, setenv):
    setenv(LOG_FORMAT="xml", DATABASE_URL=POSTGRESQL)
    refusal()
    assert not home.exists()

"""The project's own rules: sizes, locks, reasons beside exceptions, and documents that say what the code says."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scim_server.settings import Settings, SettingsError

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    [*ROOT.glob("scim_server/**/*.py"), *ROOT.glob("tests/**/*.py"), ROOT / "wsgi.py", *ROOT.glob("config/*.py")]
)
LOCKS = sorted(path for path in ROOT.glob("requirements/*.txt"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
# What may be longer, each with its reason: path, or path and function.
LONGER: dict[str, str] = {
    "scim_server/settings.py": "one field for each setting, with its description, and nothing else",
    "scim_server/database/migrations/versions/0001_foundation.py:upgrade": "a revision is one list of tables",
    "scim_server/database/migrations/versions/0004_organization_side.py:upgrade": "a revision is one list of tables",
    "scim_server/database/migrations/versions/0005_signing_in.py:upgrade": "a revision is one list of tables",
    "tests/test_settings.py": "the table of wrong values has each setting",
    "tests/security/test_bearer.py": "the rows of the attack catalogue about tokens, in its order",
    "tests/security/test_bodies.py": "the rows of the attack catalogue about bodies, in its order",
    "tests/security/test_signing_in.py": "the rows of the attack catalogue about signing in, in its order",
    "tests/security/test_filters.py": "the rows of the attack catalogue about filters, in its order",
    "tests/security/test_patch.py": "the rows of the attack catalogue about PATCH and Groups, in its order",
    "tests/security/test_invitations.py": "the rows of the attack catalogue about invitations, in its order",
    "tests/protocol/test_apply.py": "the table of dialects before and after, read side by side with test_patch.py",
    "tests/protocol/filters/test_parsing.py": "the tables of the filter language, read side by side",
}


def relative(path):
    return path.relative_to(ROOT).as_posix()


def functions_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{relative(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def modules():
    return [(relative(path), len(path.read_text(encoding="utf-8").splitlines())) for path in SOURCES]


def test_no_module_is_long():
    long = {name: lines for name, lines in modules() if lines > MAX_MODULE_LINES}
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}


def test_no_function_is_long():
    long = {name: lines for path in SOURCES for name, lines in functions_of(path) if lines > MAX_FUNCTION_LINES}
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}


def test_what_may_be_longer_is_longer():
    sizes = dict(modules()) | dict(function for path in SOURCES for function in functions_of(path))
    bounds = {name: MAX_FUNCTION_LINES if ":" in name else MAX_MODULE_LINES for name in LONGER}
    assert [name for name, bound in bounds.items() if sizes.get(name, 0) <= bound] == []


# Locks


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_a_lock_names_no_place(lock):
    for line in lock.read_text(encoding="utf-8").splitlines():
        assert "://" not in line
        assert not re.search(r"\s@\s|--(extra-)?index-url|--find-links|--trusted-host", line)
        assert "/" not in line.split("#")[0]


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_a_lock_pins_every_package_by_hash(lock):
    entries = re.sub(r"(?m)^\s*#.*\n?", "", lock.read_text(encoding="utf-8")).replace("\\\n", " ").splitlines()
    assert len(entries) > 10
    for entry in entries:
        assert re.match(r"[a-z0-9-]+(\[[a-z,0-9-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_lock_for_tests_holds_what_is_run():
    pinned = [
        dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / name).read_text()))
        for name in ("run.txt", "dev.txt")
    ]
    assert pinned[0].items() <= pinned[1].items()


# Reasons


def test_every_rule_that_is_off_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.isort]")]
    rules = re.findall(r'(?m)^    "([A-Z]+\d*)",(.*)$', lint)
    assert len(rules) > 10
    assert [rule for rule, reason in rules if not re.fullmatch(r"\s+# \S.{5,}", reason)] == []
    tables = tomllib.loads(text)["tool"]["ruff"]["lint"]
    assert tables["select"] == ["ALL"]
    assert len(rules) == len(tables["ignore"]) + sum(len(listed) for listed in tables["per-file-ignores"].values())


# Documents


def comment_above(lines, number):
    start = number
    while start and lines[start - 1].startswith("#"):
        start -= 1
    return " ".join(line.removeprefix("#").strip() for line in lines[start:number])


def test_default_toml_is_the_defaults():
    path = ROOT / "config" / "default.toml"
    defaults = {name: field.default for name, field in Settings.model_fields.items() if field.default_factory is None}
    assert {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in tomllib.loads(path.read_text(encoding="utf-8")).items()
    } == defaults


def test_default_toml_describes_every_setting_in_order():
    lines = (ROOT / "config" / "default.toml").read_text(encoding="utf-8").splitlines()
    shown = {}
    for number, line in enumerate(lines):
        if match := re.match(r"(# )?([a-z_]+) = ", line):
            shown[match[2]] = (match[1] is not None, comment_above(lines, number))
    assert list(shown) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        expected = f"{field.description} Give {field.json_schema_extra['allowed']}."
        assert shown[name] == (field.default_factory is not None, expected)


@pytest.fixture
def clean_environment(monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith("SCIM_SERVER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCIM_SERVER_HOME", str(tmp_path))
    return monkeypatch


@pytest.mark.usefixtures("clean_environment")
def test_the_examples_in_default_toml_are_read(tmp_path):
    text = (ROOT / "config" / "default.toml").read_text(encoding="utf-8")
    examples = tomllib.loads("\n".join(re.findall(r"(?m)^# ([a-z_]+ = .*)$", text)))
    Settings.load(**examples | {"home": tmp_path, "secret_key": "0123456789abcdef0123456789abcdef"})


def test_the_production_example_starts_once_its_key_is_replaced(clean_environment):
    clean_environment.setenv("SCIM_SERVER_CONFIG", str(ROOT / "config" / "production.example.toml"))
    with pytest.raises(SettingsError, match=r"secret_key in .*random"):
        Settings.load()
    clean_environment.setenv("SCIM_SERVER_SECRET_KEY", "0123456789abcdef0123456789abcdef")
    assert Settings.load().trusted_proxies == 1


# Entrances


def test_make_help_lists_every_target():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"(?m)^\.PHONY: (.*)$", text)
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert phony
    assert [line.split()[1] for line in shown.splitlines()] == phony[1].split()
    assert all(len(line.split()) > 3 for line in shown.splitlines())


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("arguments", [["--check-config", "-c", "config/gunicorn.py"], ["--check-config"]])
def test_gunicorn_takes_the_configuration_and_the_application(arguments):
    command = [sys.executable, "-m", "gunicorn", *arguments, "wsgi:app"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["-c", "config/gunicorn.py"], []])
def test_gunicorn_says_a_wrong_setting_in_one_line(clean_environment, arguments):
    clean_environment.setenv("SCIM_SERVER_PORT", "many")
    command = [sys.executable, "-m", "gunicorn", "--check-config", *arguments, "wsgi:app"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert result.stderr.splitlines() == [
        'SCIM_SERVER_PORT: "many" is not allowed: give a whole number from 1 to 65535'
    ]


def test_the_checks_of_a_change_read_no_terminal_and_stop_at_the_first_failure():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "exec </dev/null" in text
    assert text.rstrip().endswith("make check")

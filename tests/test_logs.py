"""Log lines: one line an event whatever a request says, and no secret in any."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import logging
from scim_server.logs import set_up_logging
from scim_server.settings import Settings
set_up_logging(Settings.load())
log = logging.getLogger("scim_server.tests")
log.debug("quiet")
log.info("loud", extra={"user_name": "ada\\n2026-01-01 forged\\x1b[31m"})
def fail():
    token = "scim_" + "sekret" * 3
    raise RuntimeError(str(len(token)))
try:
    fail()
except RuntimeError as error:
    log.error("failed", exc_info=error)
"""


def lines_of(home: Path, **settings: str) -> list[str]:
    """Run the script with these settings and return what it wrote to stderr."""
    environment = {**os.environ, "SCIM_SERVER_HOME": str(home), **settings}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=Path.cwd(), capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()


def test_json_lines_are_one_object_each(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, SCIM_SERVER_LOG_FORMAT="json")
    loud, failed = (json.loads(line) for line in lines)
    assert loud["event"] == "loud"
    assert loud["level"] == "info"
    assert loud["user_name"] == "ada\n2026-01-01 forged\x1b[31m"
    assert failed["exception"][0]["exc_type"] == "RuntimeError"


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_tracebacks_hold_no_local_variables(tmp_path: Path, log_format: str) -> None:
    told = "\n".join(lines_of(tmp_path, SCIM_SERVER_LOG_FORMAT=log_format))
    assert "RuntimeError" in told
    assert "in fail" in told or '"fail"' in told
    assert "sekretsekret" not in told


def test_SC04_console_lines_cannot_be_forged(tmp_path: Path) -> None:
    loud = lines_of(tmp_path)[0]
    assert "loud" in loud
    assert "\\n2026-01-01 forged\\x1b[31m" in loud


@pytest.mark.parametrize(("level", "events"), [("debug", 3), ("info", 2), ("error", 1)])
def test_level_decides_what_is_written(tmp_path: Path, level: str, events: int) -> None:
    lines = lines_of(tmp_path, SCIM_SERVER_LOG_FORMAT="json", SCIM_SERVER_LOG_LEVEL=level)
    assert len(lines) == events

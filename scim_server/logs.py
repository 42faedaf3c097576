"""Log lines with structlog: readable on a console, or one JSON object a line for collectors."""

import logging
import sys
from typing import Any

import structlog

from scim_server.settings import Settings

LOGGER = "scim_server"


def set_up_logging(settings: Settings) -> None:
    """Send what this package logs to stderr, as `log_level` and `log_format` say; other loggers are left alone.

    Values that come from requests are fields of a line, never its text, and are escaped by either renderer.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.log_format == "json":
        rendering: list[Any] = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    else:
        rendering = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logger = logging.getLogger(LOGGER)
    logger.handlers = [handler]
    logger.setLevel(settings.log_level.upper())
    logger.propagate = False

"""JSON logs, one event a line: ids and codes only."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from .syslog import Syslog


class _StandardError:
    """Standard error as it is now. A log that cannot be written stops nobody's visit."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(syslog: Syslog | None = None) -> None:
    """Write to standard error, and to a collector where there is one.

    Libraries speak only from warnings up, and without their values.
    """
    render = structlog.processors.JSONRenderer(ensure_ascii=False)

    def rendered(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
        said = dict(event)
        line = str(render(logger, name, event))
        if syslog is not None:
            syslog.put(said, line)
        return line

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            rendered,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )

"""One log for everything that runs in a process: structlog's, and the standard library's.

Events are constant names in snake case, ids are fields; a line of a library names its
`logger`. `structlog.contextvars` binds what holds for a request or a task; whoever binds, clears.
"""

import logging
import sys
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from pillarbox.observe.redaction import make_redactor
from pillarbox.observe.steady_log import SteadyHandler, SteadyLoggerFactory

ROUTED = (
    "alembic",
    "celery",
    "flask",
    "gunicorn.access",
    "gunicorn.error",
    "kombu",
    "sqlalchemy",
    "werkzeug",
)
"""Loggers of libraries; whatever handlers they brought, their lines go our way alone."""

_QUIET = {
    "alembic.runtime.migration": logging.WARNING,
    "celery.app.trace": logging.WARNING,
    "celery.beat": logging.WARNING,
    "celery.worker.strategy": logging.WARNING,
    "gunicorn.access": logging.WARNING,
    "kombu": logging.WARNING,
}
"""A line for every task and request, twice over what our own lines say; shown at `debug`."""


def configure_logging(
    *,
    level: str = "info",
    log_format: str = "auto",
    log_addresses: bool = False,
    stream: TextIO | None = None,
) -> None:
    """Route every log line of this process to `stream` (default: standard error).

    `level` is one of the setting's words; `log_format` is `json`, `text`, or
    `auto` for text on a terminal and JSON elsewhere. May be called again.
    """
    target = sys.stderr if stream is None else stream
    as_text = log_format == "text" or (log_format == "auto" and target.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared_processors()
    last: list[Processor] = [
        structlog.processors.format_exc_info,
        make_redactor(log_addresses=log_addresses),
        structlog.dev.ConsoleRenderer(colors=target.isatty()) if as_text else _render_json,
    ]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=SteadyLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = SteadyHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    route_loggers(quiet=threshold > logging.DEBUG)


def route_loggers(*, quiet: bool = True) -> None:
    """Take the libraries' own handlers away; again after a library has set itself up."""
    for name in ROUTED:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, threshold in _QUIET.items():
        logging.getLogger(name).setLevel(threshold if quiet else logging.NOTSET)
    logging.captureWarnings(True)


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS).decode()

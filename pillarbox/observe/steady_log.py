"""Writing lines to a stream that may fail: no request and no mail is lost for a line of the log.

A disk is full, or whoever read our standard error has gone. A worker that
raised for it behind a relay's 250 would send the message again.
"""

import contextlib
import logging
from typing import Any, TextIO

import structlog


class SteadyLogger(structlog.WriteLogger):
    """structlog's writer; a line that cannot be written is dropped."""

    def msg(self, message: str) -> None:
        """Write a line, if it can be written."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the stream was closed
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class SteadyLoggerFactory:
    """Makes them, all for one stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, *_names: Any) -> SteadyLogger:  # noqa: ANN401 - structlog's own word for them
        """Make one; loggers' names are not written."""
        return SteadyLogger(self._stream)


class SteadyHandler(logging.StreamHandler[TextIO]):
    """The standard library's; a line that cannot be written is dropped without a word."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base's name
        """Say nothing: there is nowhere to say it."""

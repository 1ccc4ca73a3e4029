"""One log for everything: ours and the libraries', as JSON or as text."""

import errno
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from pillarbox.observe.logging import ROUTED, configure_logging, route_loggers

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    """Take the place of standard error."""
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """Read what was logged as JSON."""
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_event_with_its_fields(stream: io.StringIO, lines: Lines) -> None:
    """Constant names and ids as fields: a log that can be asked."""
    configure_logging(log_format="json", stream=stream)

    structlog.stdlib.get_logger("x").info("message_accepted", message_id="msg_1", octets=7)

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    expected = {
        "event": "message_accepted",
        "message_id": "msg_1",
        "octets": 7,
        "level": "info",
    }
    assert expected == line


@pytest.mark.parametrize("name", ROUTED)
def test_what_libraries_log_goes_the_same_way(name: str, stream: io.StringIO, lines: Lines) -> None:
    """Whatever handlers they had brought along."""
    theirs = io.StringIO()
    handler = logging.StreamHandler(theirs)
    logging.getLogger(name).addHandler(handler)

    configure_logging(log_format="json", stream=stream)
    logging.getLogger(f"{name}.part").error("to %s failed", "ada@example.com", extra={"n": 7})

    [line] = lines()
    assert "to ***@example.com failed" == line["event"]
    assert (7, "error") == (line["n"], line["level"])
    assert "" == theirs.getvalue()


def test_a_traceback_is_redacted_too(stream: io.StringIO, lines: Lines) -> None:
    """An error's text quotes what it was given."""
    configure_logging(log_format="json", stream=stream)

    try:
        int("postgresql://user:hunter2@db refused ada@example.com")
    except ValueError:
        structlog.stdlib.get_logger("x").exception("failed")
        logging.getLogger("sqlalchemy.pool").exception("failed")

    ours, theirs = lines()
    for line in (ours, theirs):
        assert "ValueError" in line["exception"]
        assert "hunter2" not in line["exception"]
        assert "ada@" not in line["exception"]


def test_what_is_below_the_level_is_not_logged(stream: io.StringIO, lines: Lines) -> None:
    """Of ours and of theirs."""
    configure_logging(level="warning", log_format="json", stream=stream)

    structlog.stdlib.get_logger("x").info("quiet")
    logging.getLogger("celery").info("quiet")
    structlog.stdlib.get_logger("x").warning("loud")

    assert ["loud"] == [line["event"] for line in lines()]


def test_a_line_for_every_task_is_shown_only_at_debug(stream: io.StringIO, lines: Lines) -> None:
    """Celery writes two for each; our own lines say what became of the mail."""
    for level in ("info", "debug"):
        configure_logging(level=level, log_format="json", stream=stream)
        logging.getLogger("celery.app.trace").info("task %s", level)

    assert ["task debug"] == [line["event"] for line in lines()]


def test_context_is_in_every_line_of_a_task_and_gone_after_it(
    stream: io.StringIO, lines: Lines
) -> None:
    """Also in the libraries' lines."""
    configure_logging(log_format="json", stream=stream)

    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.stdlib.get_logger("x").info("ours")
        logging.getLogger("sqlalchemy").warning("theirs")
    structlog.stdlib.get_logger("x").info("after")

    assert ["r1", "r1", None] == [line.get("request_id") for line in lines()]


def test_text_is_for_people(stream: io.StringIO) -> None:
    """No braces, no colours where there is no terminal."""
    configure_logging(log_format="text", stream=stream)

    structlog.stdlib.get_logger("x").info("message_accepted", message_id="msg_1")

    assert "message_accepted" in stream.getvalue()
    assert "message_id=msg_1" in stream.getvalue()
    assert "{" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_auto_is_json_where_there_is_no_terminal(stream: io.StringIO, lines: Lines) -> None:
    """A container's log is read by machines."""
    configure_logging(stream=stream)

    structlog.stdlib.get_logger("x").info("hello")

    assert "hello" == lines()[0]["event"]


def test_configuring_twice_logs_once(stream: io.StringIO, lines: Lines) -> None:
    """`up` configures before it knows, and after."""
    configure_logging(log_format="json", stream=stream)
    configure_logging(log_format="json", stream=stream)

    logging.getLogger("celery").warning("once")

    assert ["once"] == [line["event"] for line in lines()]


def test_loggers_can_be_routed_again_after_a_library_has_set_itself_up(
    stream: io.StringIO, lines: Lines
) -> None:
    """Gunicorn brings its handlers when its arbiter starts."""
    configure_logging(log_format="json", stream=stream)
    theirs = io.StringIO()
    gunicorn = logging.getLogger("gunicorn.error")
    gunicorn.addHandler(logging.StreamHandler(theirs))
    gunicorn.propagate = False

    route_loggers()
    gunicorn.warning("started")

    assert ["started"] == [line["event"] for line in lines()]
    assert "" == theirs.getvalue()


def test_a_warning_is_a_line(stream: io.StringIO, lines: Lines) -> None:
    """Else it goes to standard error in a form of its own."""
    configure_logging(log_format="json", stream=stream)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old", stacklevel=1)

    assert "old" in lines()[0]["event"]


class _Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, text)


def test_a_line_that_cannot_be_written_is_dropped() -> None:
    """Behind a relay's 250 an error for the log's sake would send the message again."""
    configure_logging(log_format="json", stream=_Full())

    structlog.stdlib.get_logger("x").error("message_attempted")
    logging.getLogger("celery").error("lost")


def test_nor_is_there_an_error_when_the_stream_is_closed(stream: io.StringIO) -> None:
    """Threads may outlive it at a process's end."""
    configure_logging(log_format="json", stream=stream)
    stream.close()

    structlog.stdlib.get_logger("x").info("worker_ended")
    logging.getLogger("celery").error("lost")

"""gunicorn with threads: the processes that listen.

1. Each worker process loads the application itself, after the fork: nothing
   that is open is shared.
2. The metrics of all processes meet in a folder that is empty at the start.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from pillarbox.observe import shared_folder
from service.master import Master
from service.server_log import ServerLog
from service.timely_socket import MAX_REQUEST_LINE
from service.worker import ProblemWorker

KEEP_ALIVE = 75
"""Seconds: longer than the 60 after which load balancers give a connection up."""
MAX_HEADER_FIELDS = 100
MAX_HEADER_OCTETS = 8190
"""Of one field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Where to listen, and with how much; `graceful_seconds` is what a request has at the end."""

    host: str
    port: int
    processes: int = 2
    threads: int = 16
    graceful_seconds: int = 30
    log_level: str = "warning"


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn, configured by values and not by files or arguments."""

    def __init__(self, load: Callable[[], Flask], options: ServerOptions) -> None:
        self._load = load
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        for name, value in _configuration(self._options).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application, in a worker process."""
        return self._load()

    def run(self) -> None:
        """Be the master process, or one of its worker processes, until the end."""
        Master(self).run()


def serve(load: Callable[[], Flask], options: ServerOptions) -> None:
    """Listen until SIGTERM or SIGINT, then end what is under way and exit.

    `load` is called in each worker process.
    """
    parent = os.getpid()
    given = os.environ.get(shared_folder.FOLDER_VARIABLE)
    folder = Path(given or tempfile.mkdtemp(prefix="pillarbox-metrics-"))
    shared_folder.empty(folder)
    os.environ[shared_folder.FOLDER_VARIABLE] = str(folder)
    try:
        Server(load, options).run()
    finally:
        # A worker process leaves by this way too, and the folder is not its own.
        if given is None and os.getpid() == parent:
            shutil.rmtree(folder, ignore_errors=True)


def _configuration(options: ServerOptions) -> dict[str, Any]:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return {
        "bind": f"{host}:{options.port}",
        "workers": options.processes,
        "threads": options.threads,
        "worker_class": ProblemWorker,
        "keepalive": KEEP_ALIVE,
        "graceful_timeout": options.graceful_seconds,
        # No header of a caller's says where the application is mounted (SCRIPT_NAME); gunicorn
        # would believe whoever comes from the loopback.
        "forwarded_allow_ips": "",
        "limit_request_line": MAX_REQUEST_LINE,
        "limit_request_fields": MAX_HEADER_FIELDS,
        "limit_request_field_size": MAX_HEADER_OCTETS,
        # By default it lies in the home folder, where two instances would meet.
        "control_socket_disable": True,
        "loglevel": options.log_level,
        "logger_class": ServerLog,
        "proc_name": "pillarbox-api",
        "child_exit": _forget_process,
        "worker_exit": _close_tracer,
    }


def _close_tracer(_server: object, worker: Any) -> None:  # noqa: ANN401 - gunicorn has no types
    """Hand over the spans that this process holds; one that never booted has no application."""
    application = getattr(worker, "wsgi", None)
    if isinstance(application, Flask):
        application.extensions["pillarbox"].tracer.close()


def _forget_process(_server: object, worker: Any) -> None:  # noqa: ANN401 - gunicorn has no types
    """Drop what a process that has ended leaves behind; what it counted stays counted."""
    shared_folder.forget_process(Path(os.environ[shared_folder.FOLDER_VARIABLE]), worker.pid)

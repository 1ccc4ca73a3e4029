"""A server whose worker processes are told to end as soon as there is one; prints what each does.

`python -m tests.unit.service.newborn PORT`
"""

import os
import signal
import sys
from typing import Any

from flask import Flask

from service.app import create_app
from service.server import Server, ServerOptions
from tests.fakes.services import World


class _Telling(Server):
    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("post_fork", _tell)
        self.cfg.set("post_worker_init", _say)


def _tell(_server: object, worker: Any) -> None:  # noqa: ANN401 - gunicorn has no types
    """Do what the master does to each when it is told itself; no handler is set yet."""
    os.kill(worker.pid, signal.SIGTERM)


def _say(worker: Any) -> None:  # noqa: ANN401 - as above
    print("serves on" if worker.alive else "ends", flush=True)  # noqa: T201 - for the test to read


def _load() -> Flask:
    return create_app(World().services())


if __name__ == "__main__":
    options = ServerOptions(host="127.0.0.1", port=int(sys.argv[1]), processes=1, threads=2)
    _Telling(_load, options).run()

"""A real server over fakes: `python -m tests.fakes.server PORT`; prints a key that works."""

import sys
import time

from pillarbox.observe.logging import configure_logging
from service.app import create_app
from service.server import ServerOptions, serve
from service.worker import ProblemWorker
from tests.fakes.services import EVERYDAY, World

REQUEST_SECONDS = 1.0
"""So that a test of a slow client is short."""


def main(port: int) -> None:
    """Listen on the loopback with one process."""
    configure_logging()  # to standard error: nobody reads the pipe that we print the key to
    ProblemWorker.request_seconds = REQUEST_SECONDS
    world = World(monotonic=time.monotonic)
    print(world.new_key("everyday", *EVERYDAY), flush=True)  # noqa: T201 - for the test to read
    serve(
        lambda: create_app(world.services()),
        ServerOptions(host="127.0.0.1", port=port, processes=1, threads=4),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))

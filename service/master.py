"""gunicorn's master process, none of whose worker processes misses that it is to end.

1. A worker process begins with its parent's handlers: until it has its own, a
   signal to it went into the copy of a queue that nobody reads. gunicorn tells
   each once, so it served on, and was killed when the grace was over.
2. So what ends a process is held back over the fork, and let through once the
   worker process can heed it.
"""

import signal

from gunicorn.arbiter import Arbiter

ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})
"""What tells a worker process to end: well, or at once."""


class Master(Arbiter):  # type: ignore[misc] # gunicorn has no types
    """The process that listens and starts those that answer."""

    def spawn_worker(self) -> int:
        """Start a worker process, which calls `heed_held_back`; returns its id, here only."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            return int(super().spawn_worker())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def heed_held_back() -> None:
    """Let through what was held back for this worker process: its handlers are set."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

"""`python -m tests.servers.deaf_worker`: a worker that is connected and asks for nothing.

It misses its pulses after a second.
"""

import sys

from kombu.transport.redis import Channel

from workers import pulse
from workers.main import main


def _ask_for_nothing(_channel: Channel, _timeout: float | None = None) -> None:
    """Send no BRPOP."""


if __name__ == "__main__":
    Channel._brpop_start = _ask_for_nothing  # type: ignore[method-assign]  # it dies so
    pulse.PULSE_SECONDS = 0.2
    pulse.DEAF_SECONDS = 1.0
    sys.exit(main())

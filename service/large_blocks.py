"""Memory of large requests goes back to the system when they end."""

import ctypes
import sys

_M_MMAP_THRESHOLD = -3
"""mallopt(3), of glibc alone."""
LARGE_OCTETS = 1 << 18


def give_back_large_blocks() -> None:
    """Have each large block of memory mapped by itself, for the rest of this process.

    Left alone, glibc takes the size of the first large block that is freed for
    the usual one, and keeps as much for each thread that ever read a large body.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, LARGE_OCTETS)

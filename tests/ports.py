"""Loopback ports that nobody uses yet."""

import secrets
import socket

LOOPBACK = "127.0.0.1"

FIRST, LAST = 20_000, 31_999
"""Below the range that Linux gives to outgoing connections (32768 and up), so that
none of those takes a port between the moment it is found and the moment it is bound."""

_given: set[int] = set()


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Find a TCP port on 127.0.0.1 to listen on; never the same one twice in a process."""
    while True:
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if port not in _given and is_free(port):
            _given.add(port)
            return port


def answers(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False

import contextlib
import errno
import ipaddress
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from workers.smtp.ending import Ending
from workers.smtp.errors import (
    ConnectionLostError,
    Fault,
    FaultCode,
    OpeningError,
    Stage,
    UnreachableError,
)
from workers.smtp.timeouts import Timeouts

SocketAddress: TypeAlias = tuple[int, tuple[str, int]]
"""A family and what `connect` takes for it."""

Resolver: TypeAlias = Callable[[str, int, float], Sequence[SocketAddress]]

LOOK_SECONDS: Final = 1.0
"""Of one wait for the network: then it is seen whether this process is to end."""

_QUICK_ACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
"""Linux has it (tcp(7))."""
_READABLE: Final = select.POLLIN | select.POLLHUP | select.POLLERR


class SocketStream:
    """A TCP connection as a `Stream`, in clear text."""

    tls_version: str | None = None
    tls_cipher: str | None = None

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        if connected.family in {socket.AF_INET, socket.AF_INET6}:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._write = False

    @property
    def local_address(self) -> str:
        """Our own IP address."""
        return _ip(self.socket.getsockname())

    @property
    def peer_address(self) -> str:
        """The peer's IP address."""
        return _ip(self.socket.getpeername())

    def send(self, data: bytes | memoryview) -> int:
        """Hand bytes over; see `Stream`."""
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ConnectionLostError(f"while writing: {_reason(error)}") from error

    def receive(self, size: int) -> bytes | None:
        """Return what has arrived; see `Stream`."""
        try:
            return self.socket.recv(size)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLostError(f"while reading: {_reason(error)}") from error

    def wait(self, *, write: bool, timeout: float) -> bool:
        """Wait for the socket; see `Stream`."""
        if write is not self._write:
            self._poll.modify(self.socket, select.POLLIN | (select.POLLOUT if write else 0))
            self._write = write
        events = self._poll.poll(timeout * 1_000 if timeout > 0 else 0)
        return bool(events and events[0][1] & _READABLE)

    def acknowledge(self) -> None:
        """Send the TCP acknowledgement that is due at once; see `Stream`."""
        if _QUICK_ACK is not None:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def close(self, *, politely: bool = False) -> None:
        """Close; TCP says all there is to say."""
        del politely
        with contextlib.suppress(OSError):
            self.socket.close()


def dial(
    host: str,
    port: int,
    timeouts: Timeouts,
    resolve: "Resolver | None" = None,
    ending: Ending | None = None,
) -> SocketStream:
    """Connect to the first address of a host that takes us (RFC 5321 5.1).

    Raises `UnreachableError` with `dns_failure`, `connect_timeout` or
    `connect_refused`, whichever the last address gave; `stopped` once the
    process has to end.
    """
    ending = ending or Ending()
    deadline = time.monotonic() + timeouts.connect
    if resolve is None:
        addresses = resolve_addresses(host, port, timeouts.connect, ending)
    else:
        addresses = resolve(host, port, timeouts.connect)
    last: OpeningError = _unreachable(FaultCode.DNS_FAILURE, f"{host} has no address")
    for family, address in addresses:
        left = min(timeouts.connect_address, deadline - time.monotonic())
        if left <= 0:
            last = _unreachable(FaultCode.CONNECT_TIMEOUT, f"{host}: over {timeouts.connect:g} s")
            break
        try:
            return SocketStream(_connect(family, address, left, ending))
        except TimeoutError:
            detail = f"{address[0]}:{port} did not answer in {left:.0f} s"
            last = _unreachable(FaultCode.CONNECT_TIMEOUT, detail)
        except OSError as error:
            detail = f"{address[0]}:{port}: {_reason(error)}"
            last = _unreachable(FaultCode.CONNECT_REFUSED, detail)
    raise last


def resolve_addresses(
    host: str, port: int, timeout: float, ending: Ending | None = None
) -> Sequence[SocketAddress]:
    """Look a name up, in the system's order; `UnreachableError` if there is none in time.

    The system's resolver knows no deadline, so it is waited for in a thread
    that may outlive the waiting; an address literal needs neither.
    """
    with contextlib.suppress(ValueError):
        version = ipaddress.ip_address(host).version
        return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]  # noqa: PLR2004 -- IPv4
    found: list[SocketAddress] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, (str(address[0]), port)))
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = threading.Thread(target=look_up, name="smtp-resolver", daemon=True)
    thread.start()
    deadline = time.monotonic() + timeout
    while thread.is_alive() and (left := deadline - time.monotonic()) > 0:
        thread.join(_step(left, ending or Ending(), f"the address of {host}"))
    if failed:
        raise _unreachable(FaultCode.DNS_FAILURE, f"{host}: {_reason(failed[0])}")
    if thread.is_alive():
        raise _unreachable(FaultCode.DNS_FAILURE, f"{host}: no answer in {timeout:.0f} s")
    return found


def _connect(
    family: int, address: tuple[str, int], timeout: float, ending: Ending
) -> socket.socket:
    """Connect, looking up from the wait now and then; `TimeoutError` when `timeout` is over."""
    attempt = socket.socket(family, socket.SOCK_STREAM)
    try:
        attempt.setblocking(False)
        code = attempt.connect_ex(address)
        if code == errno.EINPROGRESS:
            _await_connection(attempt, timeout, ending)
            code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        _raise_for(code)
    except BaseException:
        attempt.close()
        raise
    return attempt


def _raise_for(code: int) -> None:
    if code:
        raise OSError(code, os.strerror(code))  # which makes ETIMEDOUT a `TimeoutError`


def _await_connection(attempt: socket.socket, timeout: float, ending: Ending) -> None:
    poll = select.poll()
    poll.register(attempt, select.POLLOUT)
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        if poll.poll(_step(left, ending, "a connection") * 1_000):
            return
    raise TimeoutError


def _step(left: float, ending: Ending, awaited: str) -> float:
    """Return how long to wait before the next look; `UnreachableError` if we have to end."""
    now = time.monotonic()
    if now >= ending.at:
        raise _unreachable(FaultCode.STOPPED, f"this process ends, and {awaited} did not come")
    return min(left, LOOK_SECONDS)


def _unreachable(code: FaultCode, detail: str) -> UnreachableError:
    return UnreachableError(Stage.CONNECT, Fault(code, detail))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _ip(address: object) -> str:
    return str(address[0]) if isinstance(address, tuple) else ""

from typing import Protocol


class Stream(Protocol):
    """A byte stream to a peer that never blocks, but in `wait`.

    Every method raises `ConnectionLostError` when the network did; after that
    `receive` may still yield what the peer had said before.
    """

    @property
    def tls_version(self) -> str | None:
        """`TLSv1.3` and the like; None in clear text."""

    @property
    def tls_cipher(self) -> str | None:
        """The cipher's name; None in clear text."""

    @property
    def local_address(self) -> str:
        """Our own IP address."""

    @property
    def peer_address(self) -> str:
        """The peer's IP address."""

    def send(self, data: bytes | memoryview) -> int:
        """Hand bytes over, and return how many were taken.

        Those that were not taken cannot reach the peer unless they are handed
        over again. 0 if none can be taken now.
        """

    def receive(self, size: int) -> bytes | None:
        """Return what has arrived, at most `size` bytes; None if nothing; empty at the end."""

    def wait(self, *, write: bool, timeout: float) -> bool:
        """Wait until there may be something to read or, if `write`, room to write.

        Returns whether reading is worth a try; False after `timeout` seconds too.
        """

    def acknowledge(self) -> None:
        """Tell the peer at once what has come: more is waited for, and nothing will be written.

        A peer that holds its next packet back until then (RFC 896), against a system that
        acknowledges late (RFC 1122 4.2.3.2), would cost 40 ms a message. Never raises.
        """

    def close(self, *, politely: bool = False) -> None:
        """Close; `politely` tells a TLS peer so. Never raises, never waits."""

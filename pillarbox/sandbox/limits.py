"""What one local relay takes at most; each number with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a peer can make the relay hold or wait for. Sizes in octets, times in s."""

    message_size: int = 30_000_000
    """Announced as SIZE (RFC 1870): above the 25 MB that Pillarbox lets a message have."""

    command_line: int = 12_288
    """With its CRLF. RFC 4954 4 wants this much for AUTH; RFC 5321 4.5.3.1.4 asks for 512."""

    recipients: int = 1_000
    """A transaction's; RFC 5321 4.5.3.1.8 asks for at least 100."""

    idle: float = 300.0
    """Until a silent peer is let go: five minutes, RFC 5321 4.5.3.2.7."""

    handshake: float = 30.0
    """For TLS to be agreed."""

    connections: int = 200
    """At once; the next one is answered 421."""


TEXT_LINE = 998
"""Octets of a line of a message, without its CRLF (RFC 5322 2.1.1, RFC 5321 4.5.3.1.6)."""

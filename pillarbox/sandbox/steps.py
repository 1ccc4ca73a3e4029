"""What a session wants done by whoever holds the connection."""

from dataclasses import dataclass

from pillarbox.sandbox.maildir import Submission


@dataclass(frozen=True, slots=True)
class Say:
    """Send these octets."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class StartTls:
    """Send what was said, then start TLS as the server; answer with `tls_started`."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep this mail; answer with `kept` or `not_kept`."""

    submission: Submission


@dataclass(frozen=True, slots=True)
class Close:
    """Send what was said, then close; `is_abrupt`: the peer may be speaking still."""

    is_abrupt: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Send what was said, then do nothing for so many seconds, or until the peer goes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Send what was said, then end the connection at once and without a goodbye."""


Step = Say | StartTls | Keep | Close | Wait | Cut

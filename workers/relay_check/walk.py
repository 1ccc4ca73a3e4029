"""A session with a relay that carries no mail: what it offers, and how long each step takes.

1. It is opened as a worker opens it, and waits as long as one does, or for less if told so.
2. No step's text holds a secret: what the opening hears of AUTH is without them.
3. A certificate that is refused is looked at over a second connection, which ends
   with the handshake.
"""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from workers.relay_check.certificate import CertificateFacts
from workers.relay_check.steps import WalkedStep, line_of, opening_steps
from workers.relay_check.watched import CertificateOpener, WatchedOpener
from workers.smtp.commands import NOOP, QUIT, vrfy
from workers.smtp.connection import Connection
from workers.smtp.ending import Ending
from workers.smtp.endpoint import Endpoint
from workers.smtp.errors import LineError, OpeningError

VRFY_ADDRESS: Final = "postmaster"
"""Every server knows it (RFC 5321 4.5.1); 252 and 502 are fine answers too (7.3)."""


@dataclass(slots=True)
class Walk:
    """What a session has shown; `refused` says why its certificate is not trusted."""

    steps: list[WalkedStep] = field(default_factory=list)
    tls_version: str | None = None
    tls_cipher: str | None = None
    certificate: CertificateFacts | None = None
    refused: str | None = None
    capabilities: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every step went well."""
        return all(step.ok for step in self.steps)


def walk(
    endpoint: Endpoint,
    clock: Callable[[], float] = time.monotonic,
    within: float | None = None,
    ending: Ending | None = None,
) -> Walk:
    """Open a session, ask NOOP and VRFY, and QUIT; failures are in the walk, not raised.

    After `within` seconds, or `ending` if it is given, the relay is waited for no
    longer, whatever it is at.
    """
    found = Walk()
    if ending is None:
        ending = Ending() if within is None else Ending(clock() + within)
    opener = WatchedOpener(endpoint, clock, ending)
    connection, failure = None, None
    try:
        connection = opener()
    except OpeningError as error:
        failure = error
    seen = opener.seen
    found.steps = opening_steps(seen, endpoint.tls, failure)
    found.tls_version, found.tls_cipher = seen.tls_version, seen.tls_cipher
    found.certificate = seen.certificate
    keywords = seen.capabilities.keywords
    found.capabilities = {keyword: list(words) for keyword, words in keywords.items()}
    if connection is not None:
        found.steps += _asked(connection, clock)
    elif failure is not None and isinstance(failure.__cause__, ssl.SSLCertVerificationError):
        found.refused = failure.__cause__.verify_message
        found.certificate = CertificateOpener(endpoint, clock, ending).look()
    if within is not None and not found.ok and clock() >= ending.at:
        detail = f"did not come within {within:g} s of all"
        found.steps[-1] = replace(found.steps[-1], detail=detail)
    return found


def _asked(connection: Connection, clock: Callable[[], float]) -> list[WalkedStep]:
    steps = []
    for name, command in (("noop", NOOP), ("vrfy", vrfy(VRFY_ADDRESS)), ("quit", QUIT)):
        since = clock()
        try:
            reply = connection.call(command)
        except LineError as error:
            took = (clock() - since) * 1000
            detail = error.fault.detail
            steps.append(WalkedStep(name, ok=False, milliseconds=took, detail=detail))
            break
        fine = name == "vrfy" or reply.is_positive
        took = (clock() - since) * 1000
        steps.append(WalkedStep(name, ok=fine, milliseconds=took, reply=line_of(reply)))
    connection.abort()
    return steps

"""A session with a relay that carries no mail: what it offers, and how long each step takes.

No step's text holds a secret: what the opening hears of AUTH is without them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.relay_check.certificate import CertificateFacts, certificate_of
from workers.smtp.commands import NOOP, QUIT, vrfy
from workers.smtp.connection import Connection
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import LineError, OpeningError, Stage
from workers.smtp.opening import Opener
from workers.smtp.sockets import SocketStream, dial
from workers.smtp.timeouts import Timeouts

PATIENCE: Final = Timeouts(
    connect=15, greeting=30, ehlo=15, starttls=15, tls_handshake=15, auth=15, rcpt=15, rset=15
)
"""A person waits; a relay that takes longer is told of here, and still used by a worker."""

VRFY_ADDRESS: Final = "postmaster"
"""Every server knows it (RFC 5321 4.5.1); 252 and 502 are fine answers too (7.3)."""

_ORDER: Final = ("connect", "greeting", "ehlo", "starttls", "tls", "auth")


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """One step: `milliseconds` is None where it is not known, `reply` where none is due."""

    name: str
    ok: bool
    milliseconds: float | None = None
    reply: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class Walk:
    """What a session has shown."""

    steps: list[WalkedStep] = field(default_factory=list)
    tls_version: str | None = None
    tls_cipher: str | None = None
    certificate: CertificateFacts | None = None
    capabilities: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every step went well."""
        return all(step.ok for step in self.steps)


def walk(endpoint: Endpoint, clock: Callable[[], float] = time.monotonic) -> Walk:
    """Open a session, ask NOOP and VRFY, and QUIT; failures are in the walk, not raised."""
    seen = Walk()
    endpoint = replace(endpoint, timeouts=PATIENCE)
    dialled: list[float] = []

    def timed_dial(host: str, port: int, timeouts: Timeouts) -> SocketStream:
        since = clock()
        stream = dial(host, port, timeouts)
        dialled.append((clock() - since) * 1000)
        return stream

    began = clock()
    try:
        connection = Opener(endpoint, clock, timed_dial)()
    except OpeningError as error:
        seen.steps = _failed(endpoint, error, dialled[0] if dialled else None)
        return seen
    opened = (clock() - began) * 1000
    facts = connection.facts
    seen.tls_version, seen.tls_cipher = facts.tls_version, facts.tls_cipher
    seen.certificate = certificate_of(connection.stream)
    capabilities = connection.capabilities.keywords
    seen.capabilities = {keyword: list(words) for keyword, words in capabilities.items()}
    seen.steps = _opening(endpoint, connection, dialled[0], opened)
    seen.steps += _asked(connection, clock)
    return seen


def _opening(
    endpoint: Endpoint, connection: Connection, dialled: float, opened: float
) -> list[WalkedStep]:
    heard = [
        WalkedStep(
            step.verb.value.lower(),
            ok=True,
            milliseconds=step.milliseconds,
            reply=_line(step.reply),
        )
        for step in connection.hearing.steps
        if step.verb is not Verb.AUTH
    ]
    authenticated = [step for step in connection.hearing.steps if step.verb is Verb.AUTH]
    spent = dialled + sum(step.milliseconds for step in connection.hearing.steps)
    if connection.stream.tls_version is not None:
        # what is left of the opening when every command's time is taken off
        handshake = WalkedStep("tls", ok=True, milliseconds=max(0.0, opened - spent))
        names = [step.name for step in heard]
        implicit = endpoint.tls is TlsPolicy.IMPLICIT
        heard.insert(0 if implicit else names.index("starttls") + 1, handshake)
    if authenticated:
        took = sum(step.milliseconds for step in authenticated)
        reply = _line(authenticated[-1].reply)
        heard.append(WalkedStep("auth", ok=True, milliseconds=took, reply=reply))
    return [WalkedStep("connect", ok=True, milliseconds=dialled), *heard]


def _asked(connection: Connection, clock: Callable[[], float]) -> list[WalkedStep]:
    steps = []
    for name, command in (("noop", NOOP), ("vrfy", vrfy(VRFY_ADDRESS)), ("quit", QUIT)):
        since = clock()
        try:
            reply = connection.call(command)
        except LineError as error:
            steps.append(WalkedStep(name, ok=False, detail=error.fault.detail))
            break
        fine = name == "vrfy" or reply.is_positive
        took = (clock() - since) * 1000
        steps.append(WalkedStep(name, ok=fine, milliseconds=took, reply=_line(reply)))
    connection.abort()
    return steps


def _failed(endpoint: Endpoint, error: OpeningError, dialled: float | None) -> list[WalkedStep]:
    """List the steps up to the one that failed; how long those before it took is not known."""
    before = _ORDER[: _ORDER.index(error.stage.value)]
    steps = []
    for name in before:
        if name == "connect":
            steps.append(WalkedStep(name, ok=True, milliseconds=dialled))
        elif not _is_left_out(name, endpoint):
            steps.append(WalkedStep(name, ok=True))
    if error.stage is Stage.TLS and endpoint.tls is TlsPolicy.IMPLICIT:
        steps = steps[:1]  # TLS comes before the greeting there
    reply = _line(error.reply) if error.reply else None
    steps.append(WalkedStep(error.stage.value, ok=False, reply=reply, detail=error.fault.detail))
    return steps


def _is_left_out(name: str, endpoint: Endpoint) -> bool:
    clear = endpoint.tls is TlsPolicy.NONE
    return (name == "starttls" and (clear or endpoint.tls is TlsPolicy.IMPLICIT)) or (
        name == "tls" and clear
    )


def _line(reply: Reply | None) -> str | None:
    return None if reply is None else str(reply).partition("\n")[0]

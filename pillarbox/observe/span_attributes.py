"""What spans of mail say: attributes in the words of OpenTelemetry's semantic conventions.

What they have no word for begins with `pillarbox.`. No attribute holds an address,
the text of a reply, or a body.
"""

from collections.abc import Iterator, Sequence

from opentelemetry.util.types import AttributeValue

from pillarbox.domain.attempt import (
    Attempt,
    AttemptOutcome,
    ConnectionFacts,
    RecipientState,
    Step,
)
from pillarbox.domain.outcome import Cause, Finding
from pillarbox.domain.reply import Reply
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import DeliverySettlement

Attributes = dict[str, AttributeValue]


def of_transaction(settlement: DeliverySettlement, attempt: Attempt) -> Attributes:
    """Say what became of a transaction."""
    attributes: Attributes = {
        "messaging.system": "smtp",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": attempt.relay,
        "messaging.message.id": settlement.delivery.message_id,
        "pillarbox.outcome": attempt.outcome.value,
        "pillarbox.recipients": len(settlement.states),
    }
    if attempt.connection is not None:
        attributes |= of_server(attempt.connection)
        attributes["pillarbox.connection.reused"] = attempt.connection.reused
    cause = _telling_cause(settlement.states)
    if isinstance(cause, Reply):
        attributes |= _of_reply(cause)
    if attempt.outcome is not AttemptOutcome.SENT and cause is not None:
        attributes["error.type"] = (
            cause.code.value if isinstance(cause, Finding) else str(cause.code)
        )
    return attributes


def of_server(connection: ConnectionFacts) -> Attributes:
    """Say whom a connection leads to."""
    name, _, port = connection.host.rpartition(":")
    attributes: Attributes = {
        "network.protocol.name": "smtp",
        "server.address": name.strip("[]"),
    }
    if port.isdecimal():
        attributes["server.port"] = int(port)
    if connection.tls_version is not None:
        attributes["tls.protocol.version"] = connection.tls_version.removeprefix("TLSv")
    return attributes


def _telling_cause(states: Sequence[RecipientState]) -> Cause | None:
    """Return the last word on the first recipient that was not sent, else on the first."""
    refused = (state for state in states if state.status is not RecipientStatus.SENT)
    return next(refused, states[0]).cause


def of_step(step: Step) -> Attributes:
    """Say how a command was answered."""
    attributes: Attributes = {"pillarbox.milliseconds": step.milliseconds}
    return attributes if step.reply is None else attributes | _of_reply(step.reply)


def _of_reply(reply: Reply) -> Attributes:
    attributes: Attributes = {"pillarbox.reply.code": reply.code}
    if reply.enhanced is not None:
        attributes["pillarbox.reply.enhanced"] = reply.enhanced
    return attributes


def replied_after(attempt: Attempt) -> Iterator[float]:
    """Tell when each reply came, in milliseconds from the attempt's begin.

    A step knows how long its reply took and not when it was asked. Asked one
    by one they add up; if they add up to more than the attempt took they were
    asked at once, but for the last, whose reply ended it.
    """
    pipelined = sum(step.milliseconds for step in attempt.steps) > attempt.milliseconds
    elapsed = 0.0
    for step in attempt.steps:
        last = step is attempt.steps[-1]
        asked_at = 0.0 if pipelined else elapsed
        replied = attempt.milliseconds if pipelined and last else asked_at + step.milliseconds
        elapsed = min(max(elapsed, replied), attempt.milliseconds)
        yield elapsed

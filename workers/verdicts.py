"""What a relay's last word on a recipient means: the table "What a reply blames", in code.

1. The first digit alone decides whether a refusal is transient (RFC 5321 4.2.1).
2. What we found ourselves stays a finding; it is never dressed up as a reply.
3. What blames the relay or our account, and not the message, is no outcome.
"""

from typing import Final

from pillarbox.domain.attempt import ConnectionFacts, OpeningStep, Step
from pillarbox.domain.category import Category
from pillarbox.domain.classification import (
    blames_relay_account,
    categorise,
    limits_session,
    parks_relay,
    slows_relay,
)
from pillarbox.domain.outcome import (
    Bounced,
    Deferred,
    Finding,
    FindingCode,
    Outcome,
    Sent,
    Uncertain,
)
from pillarbox.domain.reply import Reply, Verb
from workers.smtp.errors import FaultCode
from workers.smtp.transaction import TransactionResult, Verdict

CLOSING: Final = 421
PERHAPS_BUSY: Final = frozenset({451, 452})

_BOUNCED: Final = {
    FaultCode.TOO_LARGE: FindingCode.MESSAGE_TOO_LARGE,
    FaultCode.SMTPUTF8_UNAVAILABLE: FindingCode.SMTPUTF8_UNAVAILABLE,
    FaultCode.EIGHT_BIT_UNAVAILABLE: FindingCode.EIGHT_BIT_UNAVAILABLE,
    FaultCode.INVALID_ARGUMENT: FindingCode.UNBUILDABLE,
}

_DEFERRED: Final = {
    FaultCode.CONNECTION_LOST: FindingCode.CONNECTION_LOST,
    FaultCode.TIMEOUT: FindingCode.CONNECTION_LOST,
    FaultCode.PROTOCOL_ERROR: FindingCode.PROTOCOL_ERROR,
    FaultCode.STOPPED: FindingCode.CONNECTION_LOST,
}


def outcome_of(verdict: Verdict) -> Outcome:
    """Name what an attempt means for one recipient.

    Raises `ValueError` for a fault that ends no transaction: one of the
    session's opening. Our own withdrawal is one only for those of whom others
    were served in an earlier round.
    """
    if isinstance(verdict, Reply):
        return _outcome_of_reply(verdict)
    if verdict.code is FaultCode.REPLY_LOST:
        return Uncertain(Finding(FindingCode.REPLY_LOST, verdict.detail))
    if code := _BOUNCED.get(verdict.code):
        return Bounced(Finding(code, verdict.detail))
    if code := _DEFERRED.get(verdict.code):
        return Deferred(Finding(code, verdict.detail))
    raise ValueError(f"{verdict.code} is not the end of a transaction")


def blames_us(result: TransactionResult) -> Reply | None:
    """Return the reply to MAIL that speaks of our session or account, if that was what came."""
    for verdict in result.verdicts:
        if isinstance(verdict, Reply) and parks_relay(verdict):
            return verdict
    return None


def says_busy(result: TransactionResult) -> Reply | None:
    """Return the reply that says that the relay has too much to do, if one came.

    421 always does (RFC 5321 3.8); 451 and 452 do to MAIL, unless their text tells
    otherwise. To RCPT they speak of one recipient, who must not hold up all others.
    """
    for verdict in result.verdicts:
        if not isinstance(verdict, Reply):
            continue
        if verdict.code == CLOSING or (
            verdict.command is Verb.MAIL and verdict.code in PERHAPS_BUSY and slows_relay(verdict)
        ):
            return verdict
    return None


class RefusalWords:
    """What the words of a refusal say of a session: a `workers.smtp` `RefusalReader`.

    Some relays say 5yz where a session has had its number of messages; taken by its
    digit alone that would bounce the next message, of which it says nothing.
    """

    def may_end_session(self, refusal: Reply) -> bool:
        """Whether another session is worth a try: at MAIL for every word of a rate of ours."""
        if limits_session(refusal):
            return True
        at_mail = refusal.command is Verb.MAIL
        rate = categorise(refusal) is Category.RATE_LIMITED
        return at_mail and rate and blames_relay_account(refusal)

    def limits_session(self, refusal: Reply) -> bool:
        """Whether it names a number of messages in a session."""
        return limits_session(refusal)


def was_tried(result: TransactionResult) -> bool:
    """Whether this transaction says anything of its message.

    It does not if we withdrew it, or if the relay refused us and not it.
    """
    return result.data_may_have_ended or not (result.stopped or blames_us(result))


def steps_of(result: TransactionResult) -> tuple[Step, ...]:
    """Write the steps in the project's words."""
    return tuple(
        Step(step.verb, step.reply, step.milliseconds, step.recipient) for step in result.steps
    )


def connection_of(result: TransactionResult) -> ConnectionFacts:
    """Write what it travelled over in the project's words."""
    facts = result.connection
    opening = tuple(OpeningStep(stage.value, took) for stage, took in facts.opening)
    return ConnectionFacts(facts.host, facts.tls_version, facts.tls_cipher, facts.reused, opening)


def _outcome_of_reply(reply: Reply) -> Outcome:
    if reply.is_positive:
        return Sent(reply)
    if reply.is_permanent:
        return Bounced(reply)
    if reply.is_transient:
        return Deferred(reply)
    # 3yz as a last word: the relay waited for something that we never owed it
    return Deferred(Finding(FindingCode.PROTOCOL_ERROR, f"an impossible reply: {reply}"))

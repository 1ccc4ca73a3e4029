"""The table "What a reply blames": every stage of a transaction, every kind of last word."""

import pytest

from pillarbox.domain.address import Address
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
from tests.fakes.workers_relay import result
from tests.laws.registry import law
from workers.smtp.errors import Fault, FaultCode
from workers.smtp.transaction import Transaction
from workers.verdicts import blames_us, connection_of, outcome_of, steps_of, was_tried

ADA = Address("ada", "example.com")
MAIL = Transaction(Address("billing", "acme.test"), (ADA,), b"Subject: hello\r\n\r\n")

STAGES = (Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.BDAT, Verb.END_OF_DATA)

NEVER_A_LAST_WORD = {
    FaultCode.DNS_FAILURE,
    FaultCode.CONNECT_REFUSED,
    FaultCode.CONNECT_TIMEOUT,
    FaultCode.STARTTLS_UNAVAILABLE,
    FaultCode.TLS_FAILURE,
    FaultCode.AUTH_UNAVAILABLE,
    FaultCode.REFUSED,
}


@law("first-digit-decides")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("code", [421, 450, 451, 452, 499])
def test_a_4yz_defers_whatever_the_stage(stage: Verb, code: int) -> None:
    """The first digit alone decides (RFC 5321 4.2.1)."""
    reply = Reply(code, "not now", stage, "5.7.1")

    assert Deferred(reply) == outcome_of(reply)


@law("first-digit-decides", "verdict-of-the-end")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("code", [500, 550, 552, 554, 571])
def test_a_5yz_bounces_whatever_the_stage(stage: Verb, code: int) -> None:
    """An enhanced code of another class changes nothing: it names a category only."""
    reply = Reply(code, "no", stage, "4.4.7")

    assert Bounced(reply) == outcome_of(reply)


@pytest.mark.parametrize("code", [250, 251, 252, 299])
def test_a_2yz_to_the_end_of_data_is_sent(code: int) -> None:
    """The relay has taken responsibility (RFC 5321 6.1)."""
    reply = Reply(code, "Ok: queued", Verb.END_OF_DATA)

    assert Sent(reply) == outcome_of(reply)


def test_a_3yz_as_a_last_word_is_a_finding_and_no_reply_of_ours() -> None:
    """No rule gives it a meaning; the message is tried again."""
    reply = Reply(354, "go on", Verb.END_OF_DATA)

    expected = Finding(FindingCode.PROTOCOL_ERROR, "an impossible reply: 354 go on")
    assert Deferred(expected) == outcome_of(reply)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (FaultCode.CONNECTION_LOST, Deferred(Finding(FindingCode.CONNECTION_LOST, "why"))),
        (FaultCode.TIMEOUT, Deferred(Finding(FindingCode.CONNECTION_LOST, "why"))),
        (FaultCode.PROTOCOL_ERROR, Deferred(Finding(FindingCode.PROTOCOL_ERROR, "why"))),
        (FaultCode.STOPPED, Deferred(Finding(FindingCode.CONNECTION_LOST, "why"))),
        (FaultCode.REPLY_LOST, Uncertain(Finding(FindingCode.REPLY_LOST, "why"))),
        (FaultCode.TOO_LARGE, Bounced(Finding(FindingCode.MESSAGE_TOO_LARGE, "why"))),
        (
            FaultCode.SMTPUTF8_UNAVAILABLE,
            Bounced(Finding(FindingCode.SMTPUTF8_UNAVAILABLE, "why")),
        ),
        (
            FaultCode.EIGHT_BIT_UNAVAILABLE,
            Bounced(Finding(FindingCode.EIGHT_BIT_UNAVAILABLE, "why")),
        ),
        (FaultCode.INVALID_ARGUMENT, Bounced(Finding(FindingCode.UNBUILDABLE, "why"))),
    ],
)
def test_what_we_found_ourselves_stays_a_finding(code: FaultCode, outcome: Outcome) -> None:
    """Lost before the end of data costs the message nothing; lost after it, nobody knows."""
    assert outcome == outcome_of(Fault(code, "why"))


@pytest.mark.parametrize("code", FaultCode)
def test_every_fault_has_its_place_in_the_table(code: FaultCode) -> None:
    """A fault that the library learns to find must be given a meaning here."""
    if code in NEVER_A_LAST_WORD:
        with pytest.raises(ValueError, match=code.value):
            outcome_of(Fault(code, "why"))
    else:
        outcome_of(Fault(code, "why"))


@pytest.mark.parametrize("code", [530, 535])
def test_authentication_wanted_at_mail_blames_us(code: int) -> None:
    """The session is at fault, so the message is as it was (RFC 4954 6)."""
    reply = Reply(code, "Authentication required", Verb.MAIL)
    tried = result(MAIL, reply, mail=reply)

    assert reply == blames_us(tried)
    assert not was_tried(tried)


@law("first-digit-decides")
@pytest.mark.parametrize(
    "verdict",
    [
        Reply(530, "no", Verb.RCPT),
        Reply(535, "no", Verb.END_OF_DATA),
        Reply(550, "no", Verb.MAIL),
        Reply(450, "not now", Verb.MAIL),
        Fault(FaultCode.CONNECTION_LOST, "gone"),
    ],
)
def test_everything_else_speaks_of_the_message(verdict: Reply | Fault) -> None:
    """Only MAIL is too early for the message to be at fault."""
    tried = result(MAIL, verdict)

    assert blames_us(tried) is None
    assert was_tried(tried)


def test_what_we_withdrew_was_not_tried() -> None:
    """The lease was lost before the data ended: whoever holds the message now, sends it."""
    assert not was_tried(result(MAIL, Fault(FaultCode.STOPPED, "withdrawn"), usable=False))


def test_what_may_have_ended_was_tried_whatever_else_is_said() -> None:
    """A recipient of an earlier round may have the mail."""
    assert was_tried(result(MAIL, Fault(FaultCode.STOPPED, "withdrawn"), ended=True))


def test_steps_and_connection_are_told_in_the_projects_words() -> None:
    """What is stored of an attempt knows nothing of the library."""
    tried = result(MAIL, Reply(250, "Ok", Verb.END_OF_DATA))

    [step] = steps_of(tried)
    facts = connection_of(tried)

    assert (Verb.MAIL, 250) == (step.command, step.reply.code if step.reply else None)
    assert ("relay.test:587", "TLSv1.3", False) == (facts.host, facts.tls_version, facts.reused)

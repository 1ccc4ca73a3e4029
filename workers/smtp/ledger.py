"""The books of one transaction: who was taken, who was refused, and by which reply.

1. Every recipient ends with exactly one verdict, its own (RFC 5321 3.3).
2. A refused MAIL speaks for all; replies that were pipelined behind it say nothing.
3. 452 and 552 to RCPT after others were taken mean "too many at once": these go
   into a further round, at once (RFC 5321 4.5.3.1.10).
4. Once the data may have ended, a verdict that does not come is `reply_lost`,
   never a refusal and never a mere `connection_lost`.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.envelope import Envelope
from workers.smtp.errors import Fault, FaultCode
from workers.smtp.pipeline import Exchange
from workers.smtp.trace import Step
from workers.smtp.transaction import Transaction, Verdict

TOO_MANY_RECIPIENTS: Final = frozenset({452, 552})

BAD_SEQUENCE: Final = 503

_NO: Final = 300
"""Codes below it consent (RFC 5321 4.2.1)."""

_RCPT: Final = Verb.RCPT
_END: Final = Verb.END_OF_DATA
_MAIL: Final = Verb.MAIL
_DATA: Final = Verb.DATA
_FIRST: Final = (0,)
_new: Final = tuple.__new__
"""A step for every command: by its own constructor it takes twice the time."""


class Ledger:
    """Listens to the replies of one transaction; `open` are the recipients still to be tried.

    What the relay cannot carry is refused from the beginning, so that no byte of
    it is sent.
    """

    def __init__(self, transaction: Transaction, envelope: Envelope) -> None:
        self.transaction = transaction
        self.envelope = envelope
        self.steps: list[Step] = []
        self.data_may_have_ended = False
        self.mail_taken = False
        self.any_taken = False
        self.began_at: float | None = None
        self.last_heard_at: float | None = None
        self.behind: Ledger | None = None
        """The transaction whose end was not answered when this one's MAIL was written."""
        self.mail_reply: Reply | None = None
        self.taken: list[int] = []
        """The places of those whom the server took in this round."""
        self.verdicts: list[Verdict | None] = [*envelope.verdicts]
        self._round: Sequence[int] = ()
        self._begun: list[Exchange] = []
        self._data_reply: Reply | None = None
        self._end_reply: Reply | None = None

    @property
    def settled(self) -> bool:
        """Whether everybody has a verdict."""
        return None not in self.verdicts

    @property
    def refused_here(self) -> bool:
        """Whether not a byte of it was to be sent."""
        return None not in self.envelope.verdicts

    @property
    def open(self) -> Sequence[int]:
        """The places of those without a verdict."""
        verdicts = self.verdicts
        if len(verdicts) == 1:  # as nearly all have
            return _FIRST if verdicts[0] is None else ()
        return [place for place, verdict in enumerate(verdicts) if verdict is None]

    @property
    def mail_refused(self) -> bool:
        """Whether this round's MAIL was refused."""
        return self.mail_reply is not None and not self.mail_reply.is_positive

    @property
    def first_refusal(self) -> Reply | None:
        """The reply to MAIL or, if that was taken, to the first RCPT, if it is a refusal."""
        if self.mail_reply is None or self.mail_refused:
            return self.mail_reply
        first = self.verdicts[0] if self.verdicts else None
        return first if isinstance(first, Reply) and not first.is_positive else None

    @property
    def content_expected(self) -> bool:
        """Whether the server answered DATA with 354."""
        return self._data_reply is not None and self._data_reply.is_intermediate

    @property
    def content_refused(self) -> bool:
        """Whether this round's content was refused, in part or whole."""
        return self._end_reply is not None and not self._end_reply.is_positive

    @property
    def content_taken(self) -> bool:
        """Whether this round's content was taken."""
        return self._end_reply is not None and self._end_reply.is_positive

    @property
    def refused_there(self) -> bool:
        """Whether the server began this round, and took nothing: RSET stands behind it."""
        return (
            self.mail_reply is not None and self.mail_reply.is_positive and not self.content_taken
        )

    @property
    def out_of_step(self) -> bool:
        """Whether MAIL was refused for the content before it, and not for itself.

        A server that has not forgotten refused content says 503 (RFC 5321 4.1.4).
        """
        return (
            self.behind is not None
            and self.behind.content_refused
            and self.mail_reply is not None
            and self.mail_reply.code == BAD_SEQUENCE
        )

    def begin_round(self, limit: int | None = None) -> Sequence[int]:
        """Begin a round with those that are open, `limit` at most; return their places."""
        places = self.open
        self._round = places if limit is None else places[:limit]
        if self._begun:
            self.taken = []
            self._begun = []
            self.mail_reply = self._data_reply = self._end_reply = None
        return places if limit is None else self._round

    def note(self, exchange: Exchange) -> None:
        """Keep an exchange of this round."""
        if self.began_at is None:
            self.began_at = exchange.at
        self._begun.append(exchange)

    def heard(self, exchange: Exchange) -> None:
        """Enter the replies to an exchange, as far as they came."""
        at, times = exchange.at, exchange.times
        if not times:
            return
        shape, replies, places = exchange.shape, exchange.replies, exchange.places
        self.last_heard_at = last = times[-1]
        if not shape.alike:
            self._end_reply = replies[0]
            self.steps.append(_new(Step, (_END, replies[0], (last - at) * 1_000, None)))
            return
        if exchange.consented:
            self._heard_consent(exchange, replies[-1])
        else:
            self._heard_each(exchange)
        recipients = self.transaction.recipients
        whom = (*shape.before, *[recipients[place] for place in places], None)
        told = zip(shape.verbs, replies, times, whom, strict=False)
        self.steps += [
            _new(Step, (verb, reply, (time - at) * 1_000, who)) for verb, reply, time, who in told
        ]

    def finish_round(self, handed: int) -> None:
        """Enter the verdicts of this round's replies, `handed` bytes having been handed over."""
        if self.mail_reply is not None and not self.mail_reply.is_positive:
            if self.out_of_step:
                self.last_heard_at = None
            else:
                self._enter(self._round, self.mail_reply)
            return
        if self.taken:
            for exchange in self._begun:
                if 0 < exchange.ending <= handed:
                    self.data_may_have_ended = True
        verdict = self._end_reply
        if verdict is None and not self.content_expected:
            verdict = self._data_reply
        if verdict is not None:
            self._enter(self.taken, verdict)

    def blame_chunking(self) -> None:
        """Turn the refusal of BDAT itself into a fault: it speaks of the relay, not of this."""
        reply = self._end_reply
        fault = Fault(FaultCode.PROTOCOL_ERROR, f"BDAT is offered, and was answered {reply}")
        for place in self.taken:
            if self.verdicts[place] is reply:
                self.verdicts[place] = fault

    def fail(self, fault: Fault, handed: int, at: float, *, dismissed: bool, behind: bool) -> None:
        """Enter what the end of the conversation means for those without a verdict.

        `dismissed`: the server had said 421 and kept its word, so that what it did
        not answer it has not done. `behind`: the end was not this one's; unless its
        data may have ended, it stays open and can be offered again.
        """
        lost = False
        for exchange in self._begun:
            verbs = exchange.shape.verbs
            if len(exchange.replies) == len(verbs):
                continue
            self.heard(exchange)
            if exchange.replies or not dismissed:
                self._note_unanswered(exchange, handed, at)
            lost = lost or 0 < exchange.ending <= handed
        self.finish_round(handed)
        if lost and not dismissed and self._end_reply is None and not self.mail_refused:
            unknown = [place for place in self._round if self.verdicts[place] is None]
            self.data_may_have_ended = self.data_may_have_ended or bool(unknown)
            self._enter(unknown, Fault(FaultCode.REPLY_LOST, fault.detail))
        if self.data_may_have_ended or not behind:
            self._enter(self.open, fault)

    def doubt(self, fault: Fault, handed: int) -> None:
        """Enter that nobody knows, where the data may have ended: its reply may be another's."""
        if any(0 < each.ending <= handed for each in self._begun):
            self.data_may_have_ended = True
            self._enter(self._round, Fault(FaultCode.REPLY_LOST, fault.detail))

    def leave_refused(self, refusal: Reply) -> None:
        """Turn the refusal of a further round into a fault: it speaks of the session alone."""
        fault = Fault(FaultCode.CONNECTION_LOST, f"the session has had enough: {refusal}")
        self.verdicts = [fault if each is refusal else each for each in self.verdicts]

    def leave(self, fault: Fault) -> None:
        """Enter why those that are open have no further round here."""
        self._enter(self.open, fault)

    def forget(self) -> None:
        """Let go of what refers back, so that the content is freed now and not by the collector."""
        self._begun.clear()
        self.behind = None

    def _note_unanswered(self, exchange: Exchange, handed: int, at: float) -> None:
        """Add a step for each command that the server can know of and did not answer."""
        rcpts = list(exchange.places)
        verbs = exchange.shape.verbs
        first = len(exchange.shape.before)
        for index in exchange.written(handed):
            verb = verbs[index]
            of = self.transaction.recipients[rcpts[index - first]] if verb is Verb.RCPT else None
            self.steps.append(Step(verb, None, (at - exchange.at) * 1_000, of))

    def _heard_consent(self, exchange: Exchange, last: Reply) -> None:
        """Enter that MAIL and all recipients of an exchange were taken, and the last reply."""
        self.mail_reply = exchange.replies[len(exchange.shape.before) - 1]
        self.mail_taken = self.any_taken = True
        self.taken += exchange.places
        if last.command is _END:
            self._end_reply = last
        elif last.command is _DATA:
            self._data_reply = last

    def _heard_each(self, exchange: Exchange) -> None:
        rcpts = iter(exchange.places)
        for reply in exchange.replies:
            verb = reply.command
            if verb is _RCPT:
                self._heard_rcpt(next(rcpts), reply)
            elif verb is _END:
                self._end_reply = reply
            elif verb is _MAIL:
                self.mail_reply = reply
                self.mail_taken = self.mail_taken or reply.code < _NO
            else:
                self._heard_other(verb, reply)

    def _heard_other(self, verb: Verb, reply: Reply) -> None:
        if verb is Verb.DATA:
            self._data_reply = reply
        elif verb is Verb.BDAT and not reply.is_positive:
            self._end_reply = reply

    def _heard_rcpt(self, place: int, reply: Reply) -> None:
        if self.mail_reply is not None and self.mail_reply.code >= _NO:
            return
        if reply.code < _NO:
            self.taken.append(place)
            self.any_taken = True
        elif not (self.taken and reply.code in TOO_MANY_RECIPIENTS):
            self.verdicts[place] = reply

    def _enter(self, places: Iterable[int], verdict: Verdict) -> None:
        for place in places:
            if self.verdicts[place] is None:
                self.verdicts[place] = verdict

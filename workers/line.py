from collections.abc import Callable, Sequence
from typing import Final

from pillarbox.domain.classification import LOAD_AT_AUTH
from pillarbox.domain.reply import Reply, Verb
from pillarbox.flows.ports.transport import Parcel, Transmission
from workers.access import Access, NoPlaceError, RelayLease
from workers.smtp.errors import AuthFailedError, FaultCode, OpeningError
from workers.smtp.transaction import Transaction, TransactionResult
from workers.verdicts import (
    blames_us,
    connection_of,
    outcome_of,
    says_busy,
    steps_of,
    was_tried,
)

SLOWED: Final = LOAD_AT_AUTH
"""What is said of load, at every stage of opening."""


class SmtpLine:
    """A connection to a relay, checked out for one batch: a `flows.ports.transport.Line`."""

    def __init__(self, lease: RelayLease, access: Access) -> None:
        self._lease = lease
        self._access = access
        self._usable = True
        self._reported = False

    @property
    def usable(self) -> bool:
        """Whether it can carry a further group."""
        return self._usable

    def send(
        self, parcels: Sequence[Parcel], before_end_of_data: Callable[[], bool]
    ) -> list[Transmission]:
        """Carry a group, and return what became of those that were tried, in order."""
        transactions = [_transaction(parcel) for parcel in parcels]
        try:
            results = self._lease.send(transactions, before_end_of_data)
        except OpeningError as error:
            self._relay_failed(error)
            return []
        self._judge(results, whole=len(results) == len(parcels))
        return [
            _transmission(parcel, result)
            for parcel, result in zip(parcels, results, strict=False)
            if was_tried(result)
        ]

    def grant(self, most: int) -> int:
        """Ask how many messages the relay's rate allows now, at most so many; waits a little."""
        return self._access.rate.grant(most)

    def give_back_grant(self, count: int) -> None:
        """Return what was granted and not needed."""
        if count > 0:
            self._access.rate.give_back(count)

    def release(self) -> None:
        """Give the place back; a relay that opened it and was asked for nothing is well."""
        if not self._reported:
            self._reported = True
            self._access.rest.succeeded()
        self._lease.release()

    def _judge(self, results: Sequence[TransactionResult], *, whole: bool) -> None:
        """Say of the relay what this group has shown."""
        last = results[-1]
        if refusal := blames_us(last):
            self._end_with("mail: authentication wanted", str(refusal), parked=True)
        elif self._lease.failure is not None:
            self._relay_failed(self._lease.failure)
        elif _is_fruitless(last):
            if says_busy(last):
                self._access.pace.slow_down(self._access.in_use)
            self._end_with("mail: connection gave way", _last_words(last))
        elif busy := says_busy(last):
            self._slow_down(busy)
        else:
            self._usable = whole and not last.stopped
            self._reported = True
            self._access.rest.succeeded()

    def _slow_down(self, said: Reply) -> None:
        """Leave the relay more room; the last connection there is leaves it a pause.

        To RCPT 421 may be about one recipient, who will come again: that pause stays short.
        """
        in_use = self._access.in_use
        self._access.pace.slow_down(in_use)
        if in_use <= 1:
            self._end_with("busy", str(said), grows=said.command is not Verb.RCPT)
        else:
            self._usable = in_use <= self._access.pace.limit
            self._reported = True
            self._access.rest.succeeded()

    def _relay_failed(self, error: OpeningError) -> None:
        self._usable = False
        self._reported = True
        note_failure(self._access, error)

    def _end_with(
        self, reason: str, detail: str, *, parked: bool = False, grows: bool = True
    ) -> None:
        self._usable = False
        self._reported = True
        self._access.rest.failed(reason, detail, parked=parked, grows=grows)


def note_failure(access: Access, error: OpeningError, *, others_work: bool = False) -> None:
    """Let the relay rest, by the stage at which its session could not be opened.

    `others_work`: other connections to it are open. Then one that is refused for
    load only shows how many it wants, and another failure's pause does not grow.
    Our own withdrawal is no failure.
    """
    if isinstance(error, NoPlaceError) or error.fault.code is FaultCode.STOPPED:
        access.rest.withdrew()
        return
    busy = error.reply is not None and error.reply.code in SLOWED
    if busy and others_work:
        access.pace.hold_at(access.in_use)
        access.rest.withdrew()
        return
    if busy:
        access.pace.slow_down(access.in_use)
    parked = isinstance(error, AuthFailedError) and not busy
    said = f"{error.fault.detail}: {error.reply}" if error.reply else error.fault.detail
    access.rest.failed(
        f"{error.stage}: {error.fault.code}", said, parked=parked, grows=not others_work
    )


def _transaction(parcel: Parcel) -> Transaction:
    delivery = parcel.delivery
    return Transaction(delivery.envelope_sender, delivery.recipients, parcel.content)


def _transmission(parcel: Parcel, result: TransactionResult) -> Transmission:
    return Transmission(
        parcel=parcel,
        outcomes=tuple(outcome_of(verdict) for verdict in result.verdicts),
        steps=steps_of(result),
        connection=connection_of(result),
        milliseconds=result.milliseconds,
    )


def _is_fruitless(result: TransactionResult) -> bool:
    """Whether a connection gave way before the relay took even MAIL; a kept one had its retry."""
    mail_taken = any(
        step.verb is Verb.MAIL and step.reply is not None and step.reply.is_positive
        for step in result.steps
    )
    return not (result.usable or result.stopped or mail_taken)


def _last_words(result: TransactionResult) -> str:
    verdict = result.verdicts[0]
    return str(verdict) if isinstance(verdict, Reply) else verdict.detail

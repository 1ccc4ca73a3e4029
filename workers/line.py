from collections.abc import Callable, Sequence
from typing import Final, Protocol

from pillarbox.domain.reply import Reply, Verb
from pillarbox.flows.ports.transport import Parcel, Transmission
from workers.rest import Rest
from workers.smtp.errors import AuthFailedError, FaultCode, OpeningError
from workers.smtp.transaction import Transaction, TransactionResult
from workers.verdicts import blames_us, connection_of, outcome_of, steps_of, was_tried

SLOWED: Final = frozenset({421, 432, 454})
"""To AUTH these speak of load, not of the password (RFC 4954 6; 432 as Microsoft uses it)."""


class RelayLease(Protocol):
    """A place at a relay, with a connection; `workers.smtp.lease.Lease`."""

    @property
    def failure(self) -> OpeningError | None:
        """Why the last group stopped early, if no connection could be opened for its rest."""

    def send(
        self, transactions: Sequence[Transaction], before_end_of_data: Callable[[], bool]
    ) -> list[TransactionResult]:
        """Carry a group; raises `OpeningError` if nothing could be tried."""

    def release(self) -> None:
        """Give the place back."""


class SmtpLine:
    """A connection to a relay, checked out for one batch: a `flows.ports.transport.Line`."""

    def __init__(self, lease: RelayLease, rest: Rest) -> None:
        self._lease = lease
        self._rest = rest
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

    def release(self) -> None:
        """Give the place back; a relay that opened it and was asked for nothing is well."""
        if not self._reported:
            self._reported = True
            self._rest.succeeded()
        self._lease.release()

    def _judge(self, results: Sequence[TransactionResult], *, whole: bool) -> None:
        """Say of the relay what this group has shown."""
        last = results[-1]
        if refusal := blames_us(last):
            self._end_with("mail: authentication wanted", str(refusal), longest=True)
        elif self._lease.failure is not None:
            self._relay_failed(self._lease.failure)
        elif _is_fruitless(last):
            self._end_with("mail: connection gave way", _last_words(last))
        else:
            self._usable = whole and not last.stopped
            self._reported = True
            self._rest.succeeded()

    def _relay_failed(self, error: OpeningError) -> None:
        self._usable = False
        self._reported = True
        note_failure(self._rest, error)

    def _end_with(self, reason: str, detail: str, *, longest: bool = False) -> None:
        self._usable = False
        self._reported = True
        self._rest.failed(reason, detail, longest=longest)


def note_failure(rest: Rest, error: OpeningError, *, others_work: bool = False) -> None:
    """Let the relay rest, by the stage at which its session could not be opened.

    `others_work`: other connections to it are open; then it may merely want no
    more of them, and the pause does not grow. Our own withdrawal is no failure.
    """
    if error.fault.code is FaultCode.STOPPED:
        rest.withdrew()
        return
    parked = isinstance(error, AuthFailedError) and (
        error.reply is None or error.reply.code not in SLOWED
    )
    said = f"{error.fault.detail}: {error.reply}" if error.reply else error.fault.detail
    rest.failed(f"{error.stage}: {error.fault.code}", said, longest=parked, grows=not others_work)


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

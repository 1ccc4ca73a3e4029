"""Cancelling and retrying: what a caller decides of messages that were accepted.

1. What a worker holds is the worker's: it is neither cancelled nor hastened.
2. `sent` is never tried again, and nothing that has ended unless it is named.
3. A retry after the lifetime's end begins a new one; before it, it changes nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import RecipientState
from pillarbox.domain.errors import (
    Fault,
    InvalidInputError,
    NotFoundError,
    NothingToCancelError,
    NothingToRetryError,
    ScopeMissingError,
)
from pillarbox.domain.ids import BATCH_PREFIX, BatchId, is_type_id
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.message import ChosenRoute, Route
from pillarbox.domain.routing import Routing
from pillarbox.domain.status import TERMINAL, TRANSITIONS, Event, RecipientStatus, next_status
from pillarbox.flows.ports.acceptance import Waker
from pillarbox.flows.ports.reading import MessageReader, MessageView
from pillarbox.flows.ports.revision import (
    Departure,
    Revised,
    Revision,
    RevisionObserver,
    RevisionStore,
    StoredMessage,
    StoredRecipient,
)
from pillarbox.flows.read import found, identify, view_of

BATCH_CHUNK = 100
"""Messages of a batch that one transaction cancels; keeps workers' waits to milliseconds."""


@dataclass(frozen=True, slots=True)
class CancelledBatch:
    """How many messages of a batch something was cancelled of, and for how many recipients."""

    id: BatchId
    messages: int
    recipients: int


class Reviser:
    """The use cases behind `cancel` and `retry`."""

    def __init__(
        self,
        *,
        store: RevisionStore,
        reader: MessageReader,
        waker: Waker,
        observer: RevisionObserver,
        routing: Routing,
        lifetime: timedelta,
    ) -> None:
        self._store = store
        self._reader = reader
        self._waker = waker
        self._observer = observer
        self._routing = routing
        self._lifetime = lifetime

    def cancel(self, text: str, key: ApiKey) -> MessageView:
        """Try nothing more for whoever is `queued`, `deferred` or held `uncertain`.

        Raises `NotFoundError`, and `NothingToCancelError` if there is nobody.
        """
        _need_send(key)
        message = identify(text)
        revised = self._store.revise([message], view_of(key), _cancelled)
        found(revised.found or None, "message", text)
        if not self._note_cancelled(revised):
            raise NothingToCancelError
        return found(self._reader.message(message, view_of(key)), "message", text)

    def cancel_batch(self, text: str, key: ApiKey) -> CancelledBatch:
        """Cancel every message of a batch, a hundred at a time.

        Raises `NotFoundError`, and `NothingToCancelError` if nothing of it can be.
        """
        _need_send(key)
        if not is_type_id(text, BATCH_PREFIX):
            raise NotFoundError("batch", text)
        batch = BatchId(text)
        ids = found(self._store.batch(batch, view_of(key)) or None, "batch", text)
        messages = recipients = 0
        for start in range(0, len(ids), BATCH_CHUNK):
            chunk = ids[start : start + BATCH_CHUNK]
            revised = self._store.revise(chunk, view_of(key), _cancelled)
            messages += len(revised.revisions)
            recipients += self._note_cancelled(revised)
        if not messages:
            raise NothingToCancelError
        return CancelledBatch(batch, messages, recipients)

    def retry(self, text: str, key: ApiKey, named: Sequence[Address] = ()) -> MessageView:
        """Let be due now whoever is `deferred` or held `uncertain`; if some are named, those.

        Who is `bounced`, `expired` or `cancelled` is so only if named. Raises
        `NotFoundError`, `InvalidInputError` for an address that the message does
        not have, and `NothingToRetryError` if nobody can be tried again, or
        somebody who is named never can.
        """
        _need_send(key)
        message = identify(text)
        revised = self._store.revise(
            [message], view_of(key), lambda stored: self._retried(stored, named)
        )
        found(revised.found or None, "message", text)
        for route in revised.due:
            self._waker.wake(route)
        for each, revision in revised.revisions:
            self._observer.retried(each, len(revision.states))
        return found(self._reader.message(message, view_of(key)), "message", text)

    def _note_cancelled(self, revised: Revised) -> int:
        for message, revision in revised.revisions:
            self._observer.cancelled(message, len(revision.states))
        return sum(len(revision.states) for _, revision in revised.revisions)

    def _retried(self, stored: StoredMessage, named: Sequence[Address]) -> Revision:
        if not stored.has_content:
            raise NothingToRetryError
        wanted = [each for each in _chosen(stored, named) if _may_be_retried(each, bool(named))]
        if not wanted:
            raise NothingToRetryError
        over = stored.expires_at <= stored.now
        return Revision(
            tuple(_due_now(each.state, stored.now) for each in wanted),
            self._departures(stored, [each for each in wanted if not each.travels]),
            stored.now + self._lifetime if over else None,
        )

    def _departures(
        self, stored: StoredMessage, leaving: Sequence[StoredRecipient]
    ) -> tuple[Departure, ...]:
        """Choose the ways anew: relays may have come and gone since the message was accepted."""
        addresses = [each.address for each in leaving]
        positions: dict[ChosenRoute, list[int]] = {}
        choices = self._routing.choose(stored, addresses, stored.key_id)
        for each, choice in zip(leaving, choices, strict=True):
            chosen = ChosenRoute(Route(choice.relay, stored.priority), choice.fallbacks)
            positions.setdefault(chosen, []).append(each.state.position)
        return tuple(Departure(chosen, tuple(each)) for chosen, each in positions.items())


def _cancelled(stored: StoredMessage) -> Revision | None:
    states = tuple(
        replace(
            each.state,
            status=next_status(each.state.status, Event.CANCEL),
            next_attempt_at=None,
        )
        for each in stored.recipients
        if _may_be_cancelled(each)
    )
    return Revision(states) if states else None


def _may_be_cancelled(recipient: StoredRecipient) -> bool:
    state = recipient.state
    if recipient.held or Event.CANCEL not in TRANSITIONS[state.status]:
        return False
    return state.status is not RecipientStatus.UNCERTAIN or state.next_attempt_at is None


def _chosen(stored: StoredMessage, named: Sequence[Address]) -> Sequence[StoredRecipient]:
    """Return those that are named, or all; raise for one that is not there or never can be."""
    if not named:
        return stored.recipients
    by_address = {each.address.wire: each for each in stored.recipients}
    unknown = tuple(
        Fault(f"#/recipients/{place}", "recipient.unknown", "is no recipient of this message")
        for place, address in enumerate(named)
        if address.wire not in by_address
    )
    if unknown:
        raise InvalidInputError(unknown)
    never = tuple(
        Fault(f"#/recipients/{place}", "recipient.not_retriable", f"is {status}")
        for place, address in enumerate(named)
        if (status := by_address[address.wire].state.status) in TERMINAL
        and Event.RETRY not in TRANSITIONS[status]
    )
    if never:
        raise NothingToRetryError(never)
    return list({address.wire: by_address[address.wire] for address in named}.values())


def _may_be_retried(recipient: StoredRecipient, named: bool) -> bool:  # noqa: FBT001 - of two rules, the one that holds
    state = recipient.state
    if recipient.held or Event.RETRY not in TRANSITIONS[state.status]:
        return False
    if state.status is RecipientStatus.UNCERTAIN:
        return state.next_attempt_at is None
    return named or state.status not in TERMINAL


def _due_now(state: RecipientState, now: datetime) -> RecipientState:
    """Keep what it last met: only another attempt says something else."""
    return replace(state, status=next_status(state.status, Event.RETRY), next_attempt_at=now)


def _need_send(key: ApiKey) -> None:
    if not key.may(Scope.SEND):
        raise ScopeMissingError(Scope.SEND)

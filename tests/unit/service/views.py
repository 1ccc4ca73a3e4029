"""Messages as the store would show them."""

from datetime import timedelta

from pillarbox.domain.attempt import RecipientState
from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.reading import MessageView, RecipientView
from tests.fakes.services import NOW

STATE = RecipientState(
    position=0,
    status=RecipientStatus.QUEUED,
    attempts=0,
    uncertain_attempts=0,
    last_attempt_at=None,
    next_attempt_at=NOW,
)


def make_view(message: MessageId, key: KeyId, *states: RecipientState) -> MessageView:
    """Show a message with a recipient for each state, or one that is queued."""
    return MessageView(
        id=message,
        key_id=key,
        status="queued",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=48),
        internet_message_id=f"<{message}@acme.test>",
        sender="Acme <billing@acme.test>",
        envelope_sender="bounces@acme.test",
        subject="Receipt 42",
        tags=("receipt",),
        metadata={"order": "42"},
        size=1234,
        recipients=tuple(
            RecipientView(f"r{number}@example.com", "to", state)
            for number, state in enumerate(states or (STATE,))
        ),
    )

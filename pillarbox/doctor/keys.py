"""Whether anybody can call: API keys, and the one that the settings bring."""

import hmac
from collections.abc import Iterator, Sequence
from typing import Final

from pillarbox.doctor import database
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.domain.key import ApiKey, KeyText, Scope
from pillarbox.store.keys import SqlKeyStore

VARIABLE: Final = "PILLARBOX_BOOTSTRAP_KEY"


def look(subject: Subject) -> Iterator[Finding]:
    """See that somebody has a key, and that the one in the settings is the one in the store."""
    with database.opened(subject) as store:
        known = SqlKeyStore(store).all()
    yield from judged(known, KeyText.parse(subject.settings.bootstrap_key or ""))


def judged(known: Sequence[ApiKey], bootstrap: KeyText | None) -> Iterator[Finding]:
    """Judge the keys that there are."""
    living = [key for key in known if key.revoked_at is None]
    senders = [key for key in living if Scope.SEND in key.scopes and key.senders]
    if bootstrap is not None:
        yield _bootstrap(known, bootstrap)
    if senders:
        yield well(f"{len(living)} live, {len(senders)} of them may send")
    elif bootstrap is None:
        advice = "Make one: `pillarbox keys create --name … --sender …`"
        yield fault(f"{len(living)} live, and none of them may send", advice)


def _bootstrap(known: Sequence[ApiKey], given: KeyText) -> Finding:
    stored = next((key for key in known if key.id == given.id), None)
    if stored is None:
        return well(f"{given.id} is made when the API starts", about=VARIABLE)
    if stored.revoked_at is not None:
        advice = "Take another id: a key that was revoked does not come back"
        return warning(f"{given.id} was revoked", advice, about=VARIABLE)
    if not hmac.compare_digest(stored.secret_sha256, given.secret_sha256):
        advice = "Take another id: a key that is there is not changed (docs/operations/secrets.md)"
        return fault(f"{given.id} is there with another secret", advice, about=VARIABLE)
    return well(f"{given.id} is there", about=VARIABLE)

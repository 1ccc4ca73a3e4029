"""From a cause to its category: the text first, then the codes.

1. The text decides where it tells; servers give `550 5.7.1` for everything.
2. The words of links are asked where the text says nothing and no enhanced code does.
3. Then the command (a refusal of AUTH is about credentials), the enhanced code if it
   tells, statements, the enhanced code if it does not, faint words, the enhanced
   code's subject, and the basic code.
4. No code makes an address a dead one against the words of the text (`NOT_DEAD`), and
   no words do after a code that answers AUTH (`OF_THE_SESSION`).
5. Whether to try again is not asked here: the basic code's first digit says so
   (RFC 5321 4.2.1), in spite of category and enhanced code.
"""

from functools import cache, lru_cache
from typing import assert_never

from pillarbox.domain.category import Category
from pillarbox.domain.classification.codes import BY_BASIC, BY_ENHANCED, BY_SUBJECT
from pillarbox.domain.classification.findings import BY_FINDING
from pillarbox.domain.classification.order import busy_or_policy, faint, statements, telling
from pillarbox.domain.classification.phrase import Phrase, parse_phrase
from pillarbox.domain.classification.rule import Classification
from pillarbox.domain.classification.rules.unknown_recipient import NOT_DEAD
from pillarbox.domain.classification.wording import Wording, read_wording
from pillarbox.domain.outcome import Cause, Finding
from pillarbox.domain.reply import Reply, Severity, Verb

REMEMBERED = 1024
"""Distinct wordings: servers say few things many times once the addresses are out."""

OF_THE_SESSION = frozenset({454, 530, 534, 535, 538})
"""Basic codes that answer AUTH or want it first (RFC 4954 6): no word on a recipient."""

OF_A_RECIPIENT = frozenset({Category.INVALID_RECIPIENT, Category.INACTIVE_RECIPIENT})

UNTELLING = frozenset({"7.1", "7.0", "5.0", "3.0"})
"""Enhanced codes that servers give for want of a better one: a link may overrule them."""


def categorise(cause: Cause) -> Category:
    """Say why a recipient was refused or deferred, by the reply or by our own finding."""
    match cause:
        case Reply():
            return classify(cause).category
        case Finding():
            return BY_FINDING[cause.code]
        case _:
            assert_never(cause)


def classify(reply: Reply) -> Classification:
    """Say what a refusal means and which rule decided; any text is read, none fails.

    Replies that refuse nothing (2yz, 3yz) are not to be asked about: they come back
    as `other`, by the rule `not-a-refusal`.
    """
    if reply.is_positive or reply.is_intermediate:
        return Classification(Category.OTHER, "not-a-refusal")
    wording = read_wording(reply.text)
    enhanced = reply.enhanced.partition(".")[2] if reply.enhanced else wording.enhanced or ""
    return _decide(reply.code, enhanced, reply.command, wording)


@lru_cache(maxsize=REMEMBERED)
def _decide(code: int, enhanced: str, command: Verb, wording: Wording) -> Classification:
    found = _by_words_and_codes(code, enhanced, command, wording)
    if code in OF_THE_SESSION and found.category in OF_A_RECIPIENT:
        return Classification(Category.AUTH, f"basic-{code}")
    return found


def _by_words_and_codes(
    code: int, enhanced: str, command: Verb, wording: Wording
) -> Classification:
    is_telling = enhanced in BY_ENHANCED and enhanced not in UNTELLING
    return (
        _by_text(code, enhanced, command, wording)
        or _by_command(command, enhanced)
        or (_by_enhanced(enhanced, wording) if is_telling else None)
        or statements().first_fit(code, enhanced, command, wording.words)
        or _by_enhanced(enhanced, wording)
        or faint().first_fit(code, enhanced, command, wording.words)
        or _by_last_resort(code, enhanced)
    )


def _by_text(code: int, enhanced: str, command: Verb, wording: Wording) -> Classification | None:
    found = telling().first_fit(code, enhanced, command, wording.words)
    if found is None and (enhanced in UNTELLING or enhanced not in BY_ENHANCED):
        found = telling().first_fit(code, enhanced, command, wording.links)
    return found or busy_or_policy().first_fit(code, enhanced, command, wording.words)


def _by_command(command: Verb, enhanced: str) -> Classification | None:
    """Read a refusal by what it refuses: credentials, TLS, or a sender (RFC 3463 X.1)."""
    if command is Verb.AUTH:
        return Classification(Category.AUTH, "refused-at-auth")
    if command is Verb.STARTTLS:
        return Classification(Category.TLS, "refused-at-starttls")
    if command is Verb.MAIL and enhanced.startswith("1."):
        return Classification(Category.POLICY, "refused-at-mail")
    return None


def _by_enhanced(enhanced: str, wording: Wording) -> Classification | None:
    category = BY_ENHANCED.get(enhanced)
    if category is None:
        return None
    if category is Category.INVALID_RECIPIENT and any(
        phrase.is_in(wording.words) for phrase in _not_dead()
    ):
        return Classification(Category.OTHER, "enhanced-against-text")
    return Classification(category, f"enhanced-{enhanced}")


def _by_last_resort(code: int, enhanced: str) -> Classification:
    subject = enhanced.partition(".")[0]
    if subject in BY_SUBJECT and code not in OF_THE_SESSION:
        return Classification(BY_SUBJECT[subject], f"enhanced-subject-{subject}")
    if code in BY_BASIC:
        return Classification(BY_BASIC[code], f"basic-{code}")
    if code // 100 == Severity.TRANSIENT:
        return Classification(Category.SERVER_BUSY, "basic-4yz")
    return Classification(Category.OTHER, "basic-5yz")


@cache
def _not_dead() -> tuple[Phrase, ...]:
    return tuple(parse_phrase(source) for source in NOT_DEAD)

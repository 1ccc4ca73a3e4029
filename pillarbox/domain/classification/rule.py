"""What a rule of the table is: a name, what it looks at, what it concludes and why."""

from dataclasses import dataclass

from pillarbox.domain.category import Category
from pillarbox.domain.reply import Severity, Verb

CONNECTING = frozenset({Verb.GREETING, Verb.EHLO, Verb.HELO})
"""Before a message was spoken of: what is refused here is the client, not a recipient."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; it fits when everything that it states fits.

    `says` are phrases (`phrase.py`), one of which must stand in the text, and
    `unless` phrases none of which may; without `says` a rule looks at codes alone.
    An empty `codes`, `enhanced` (`subject.detail`, RFC 3463) or `commands` fits any.
    `source` is where its authority lies: RFC section or documentation.
    """

    name: str
    category: Category
    source: str
    says: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    severity: Severity | None = None
    codes: frozenset[int] = frozenset()
    enhanced: frozenset[str] = frozenset()
    commands: frozenset[Verb] = frozenset()

    def fits_codes(self, code: int, enhanced: str, command: Verb) -> bool:
        """Whether the codes and the command are those that this rule speaks of."""
        return (
            (self.severity is None or code // 100 == self.severity)
            and (not self.codes or code in self.codes)
            and (not self.enhanced or enhanced in self.enhanced)
            and (not self.commands or command in self.commands)
        )


@dataclass(frozen=True, slots=True)
class Classification:
    """What a reply means, and the name of the rule that decided it."""

    category: Category
    rule: str

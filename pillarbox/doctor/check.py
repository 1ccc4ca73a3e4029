from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pillarbox.doctor.finding import Finding


class CheckEndedError(Exception):
    """A check came to its end here: what needs it cannot be looked at."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.line)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at, for at most so many seconds.

    `look` returns what it found, or raises `CheckEndedError`. It is not begun if
    one of those that it `needs` ended so. `in_time` is what to do when it does
    not end within its seconds. Several may have one `name`, each `about` another
    thing.
    """

    name: str
    look: Callable[[], Iterable[Finding]]
    seconds: float
    in_time: str
    needs: tuple[str, ...] = ()
    about: str = ""

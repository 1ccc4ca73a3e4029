"""The mails of a run: mostly ordinary ones, some that the relay refuses, defers or drops."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

SENDER = "chaos@acme.test"
DOMAIN = "chaos.example"

_FATES: Sequence[tuple[str, int]] = (
    ("plain", 86),
    ("scene-unknown", 3),
    ("scene-full", 1),
    ("scene-greylisted", 4),
    ("scene-rejected", 1),
    ("scene-closing+once", 2),
    ("scene-drop-content+once", 1),
    ("scene-drop-end+once", 1),
    ("scene-drop-end-kept+once", 1),
)
"""Local parts, as docs/sandbox.md has them, and how many of a hundred recipients they get."""
_SEVERAL = 0.1
"""The share of mails with more than one recipient."""
_HELD = 0.05
_REGRETTED = 0.03


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to be posted; its key makes it one message however often it is posted."""

    key: str
    document: dict[str, object]
    is_regretted: bool = False
    """Its caller cancels it as soon as it is accepted: sometimes too late."""

    @property
    def recipients(self) -> list[str]:
        """Their addresses."""
        to = self.document["to"]
        assert isinstance(to, list)
        return to


class Mix:
    """Makes the mails of a run: the same for the same seed, each to addresses of its own."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"mix {seed}")  # noqa: S311 - it must repeat, not be secret
        self._count = 0

    def next(self) -> Mail:
        """Make the next mail."""
        self._count += 1
        how_many = 1 if self._chance.random() > _SEVERAL else self._chance.randint(2, 4)
        fates = [fate for fate, _ in _FATES]
        weights = [weight for _, weight in _FATES]
        chosen = self._chance.choices(fates, weights, k=how_many)
        to = [
            f"{fate}+{self._count}-{place}@{DOMAIN}"
            if "scene" in fate
            else f"{fate}-{self._count}-{place}@{DOMAIN}"
            for place, fate in enumerate(chosen)
        ]
        document: dict[str, object] = {
            "from": SENDER,
            "to": to,
            "subject": f"Chaos {self._count}",
            "text": f"This is mail {self._count}.\n" * self._chance.randint(1, 200),
        }
        if self._chance.random() < _HELD:
            document["on_uncertain"] = "hold"
        document["priority"] = self._chance.choice(("high", "normal", "low"))
        is_regretted = self._chance.random() < _REGRETTED
        return Mail(f"chaos-{self._count}", document, is_regretted)

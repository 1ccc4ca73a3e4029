"""What a relay remembers of its scenes from one session to the next.

For the one thread that serves; bounded, as everything that a peer can make it hold.
"""

from pillarbox.sandbox.refusal import Refusal
from pillarbox.sandbox.scene import AFTER_THE_MESSAGE, BEFORE_RECIPIENTS, Part, Stage
from pillarbox.sandbox.scenes import part_in

REMEMBERED = 10_000
"""Envelopes whose scene is over; then the oldest is forgotten, and would play again."""


class SceneMemory:
    """Which scenes are over, and which wait for the next session."""

    def __init__(self) -> None:
        self._over: dict[tuple[str, str], None] = {}
        self._waiting: dict[Stage, Part] = {}

    def part_for(self, sender: str, recipient: str) -> Part | None:
        """Return what is to be played for a recipient; None if nothing, or nothing any more.

        A scene of a stage before recipients waits for the next session: `Refusal`
        with 421 ends this one. One of a stage after the message waits for that.
        """
        part = part_in(sender, recipient)
        if part is None or (part.is_once and part.envelope in self._over):
            return None
        if part.scene.stage in BEFORE_RECIPIENTS:
            self.played(part)
            self._waiting[part.scene.stage] = part
            text = f"closing; {part.scene.name} is played next"
            raise Refusal(421, "4.3.2", text, closes=True)
        if part.scene.stage in AFTER_THE_MESSAGE:
            self.played(part)
            self._waiting[part.scene.stage] = part
            return None
        return part

    def take(self, stage: Stage) -> Part | None:
        """Take what waits for this stage."""
        return self._waiting.pop(stage, None)

    def played(self, part: Part) -> None:
        """Remember that an envelope's scene was played."""
        self._over.pop(part.envelope, None)
        self._over[part.envelope] = None
        if len(self._over) > REMEMBERED:
            del self._over[next(iter(self._over))]

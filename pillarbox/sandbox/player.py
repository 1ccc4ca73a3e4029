"""Plays scenes into the steps of one session."""

from collections import deque
from typing import assert_never

from pillarbox.sandbox.refusal import SERVICE_CLOSING, Refusal
from pillarbox.sandbox.scene import Accept, Delay, Drop, Hang, Part, Refuse, Stage
from pillarbox.sandbox.scene_memory import SceneMemory
from pillarbox.sandbox.steps import Cut, Say, Step, Wait


class Player:
    """Says whether a scene takes the place of what the session would have said."""

    def __init__(self, memory: SceneMemory, steps: deque[Step]) -> None:
        self.memory = memory
        self.has_cut = False
        """Whether the session has nothing more to read or to say."""
        self._steps = steps

    def plays_waiting(self, stage: Stage) -> bool:
        """Play what an earlier session left for this stage."""
        return self.plays(self.memory.take(stage))

    def plays(self, part: Part | None) -> bool:
        """Play a scene if there is one; `Refusal` if it is one."""
        if part is None:
            return False
        self.memory.played(part)
        match part.scene.deed:
            case Accept() | Delay():
                return False
            case Refuse(code, enhanced, text):
                raise Refusal(code, enhanced, text, closes=code == SERVICE_CLOSING)
            case Drop(said):
                self._steps += [Say(said), Cut()]
            case Hang(seconds):
                self._steps += [Wait(part.lasting(seconds)), Cut()]
            case deed:
                assert_never(deed)
        self.has_cut = True
        return True

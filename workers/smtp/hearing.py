"""Who listens to the commands that open and close a session."""

from dataclasses import replace

from pillarbox.domain.reply import Reply
from workers.smtp.auth import redact
from workers.smtp.pipeline import Asked
from workers.smtp.trace import Step


class Hearing:
    """Listens to single commands: the last reply, and the steps so far, without `secrets`."""

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self.steps: list[Step] = []
        self.secrets: tuple[str, ...] = ()

    def heard(self, asked: Asked, reply: Reply, milliseconds: float) -> None:
        """Keep a reply."""
        if self.secrets:
            reply = replace(reply, text=redact(reply.text, self.secrets))
        self.reply = reply
        self.steps.append(Step(asked.verb, reply, milliseconds))

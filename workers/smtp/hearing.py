from dataclasses import replace

from pillarbox.domain.reply import Reply
from workers.smtp.auth import redact
from workers.smtp.pipeline import Exchange
from workers.smtp.trace import Step


class Hearing:
    """Listens to single commands: the last reply, and the steps so far, without `secrets`."""

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self.steps: list[Step] = []
        self.secrets: tuple[str, ...] = ()

    def heard(self, exchange: Exchange) -> None:
        """Keep a reply."""
        reply = exchange.replies[0]
        if self.secrets:
            reply = replace(reply, text=redact(reply.text, self.secrets))
        self.reply = reply
        milliseconds = (exchange.times[0] - exchange.at) * 1_000
        self.steps.append(Step(exchange.shape.verbs[0], reply, milliseconds))

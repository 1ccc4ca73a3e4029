"""How one session's mails come in: MAIL, RCPT, then DATA or BDAT, one transaction at a time.

1. The octets of a chunk are read whatever becomes of them: they are no commands
   (RFC 3030 2).
2. Where a recipient's address asks for a scene (`scenes.py`), it is played in
   place of the answer.
"""

from collections import deque

from pillarbox.sandbox.chunk import Chunk
from pillarbox.sandbox.content import DottedContent
from pillarbox.sandbox.envelope import parse_bdat
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.player import Player
from pillarbox.sandbox.receive_buffer import ReceiveBuffer
from pillarbox.sandbox.refusal import Refusal, out_of_order, reply
from pillarbox.sandbox.scene import Delay, Stage
from pillarbox.sandbox.steps import Keep, Say, Step, Wait
from pillarbox.sandbox.transaction import Transaction


class Intake:
    """Adds what it answers to the session's `steps`; `Refusal` for what it does not do."""

    def __init__(self, limits: Limits, player: Player, steps: deque[Step]) -> None:
        self.transaction: Transaction | None = None
        self._limits = limits
        self._player = player
        self._steps = steps
        self._content: DottedContent | Chunk | None = None
        self._ended: Transaction | None = None

    @property
    def wants_content(self) -> bool:
        """Whether the next octets are no command."""
        return self._content is not None

    def mail(self, argument: str) -> None:
        """Begin a transaction."""
        if self.transaction:
            raise out_of_order("a transaction is under way")
        if self._player.plays_waiting(Stage.MAIL):
            return
        self.transaction = Transaction(argument, self._limits)
        self._say(250, "2.1.0", "Ok", self.transaction)

    def rcpt(self, argument: str) -> None:
        """Add a recipient."""
        transaction = self._begun()
        recipient = transaction.next_recipient(argument)
        part = self._player.memory.part_for(transaction.sender, recipient)
        if part and part.scene.stage is not Stage.RCPT:
            transaction.parts.setdefault(part.scene.stage, part)
        elif self._player.plays(part):
            return
        elif part and isinstance(part.scene.deed, Delay):
            transaction.delay = part.lasting(part.scene.deed.seconds)
        transaction.add(recipient)
        self._say(250, "2.1.5", "Ok", transaction)

    def data(self, argument: str) -> None:
        """Ask for the content."""
        if argument:
            raise Refusal(501, "5.5.4", "DATA has no argument")
        transaction = self._begun()
        content = transaction.data()
        if not self._plays(Stage.DATA):
            self._content = content
            self._say(354, None, "End data with <CRLF>.<CRLF>", transaction)

    def bdat(self, argument: str) -> None:
        """Expect the octets of a chunk."""
        size, is_last = parse_bdat(argument)
        try:
            chunks = self._begun().chunks()
            if not self._plays(Stage.DATA):
                self._content = Chunk(size, chunks, is_last=is_last)
        except Refusal as refusal:
            self._content = Chunk(size, refusal, is_last=is_last)

    def reset(self) -> None:
        """Forget the transaction."""
        self.transaction = None
        self._content = None

    def read(self, buffer: ReceiveBuffer) -> bool:
        """Read the content that has come; whether it, or this chunk of it, is whole."""
        if buffer and self._plays(Stage.CONTENT):
            return True
        match self._content:
            case DottedContent() as content:
                return self._dotted(content, buffer)
            case Chunk() as chunk:
                return self._chunk(chunk, buffer)
            case None:
                return False

    def kept(self, queue_id: str) -> None:
        """Take responsibility for the mail: the 250, unless a scene wants it otherwise."""
        ended, self._ended = self._ended, None
        if not self._player.plays(ended.parts.get(Stage.END) if ended else None):
            self._say(250, "2.0.0", f"Ok: kept as {queue_id}", ended)

    def _dotted(self, content: DottedContent, buffer: ReceiveBuffer) -> bool:
        if not buffer:
            return False
        try:
            octets = content.read(buffer)
        except Refusal:
            self.reset()
            raise
        if octets is not None:
            self._submit(octets)
        return octets is not None

    def _chunk(self, chunk: Chunk, buffer: ReceiveBuffer) -> bool:
        if not chunk.read(buffer):
            return False
        self._content = None
        try:
            content = chunk.outcome()
        except Refusal:
            if chunk.is_last:
                self.reset()
            raise
        if content is None:
            self._say(250, "2.0.0", f"Ok: {chunk.size} octets", self.transaction)
        else:
            self._submit(content)
        return True

    def _submit(self, content: bytes) -> None:
        transaction = self._begun()
        self.reset()
        part = transaction.parts.get(Stage.END)
        if (part and part.scene.keeps) or not self._player.plays(part):
            self._ended = transaction
            self._steps.append(Keep(transaction.submission(content)))

    def _begun(self) -> Transaction:
        if self.transaction is None:
            raise out_of_order("MAIL first")
        return self.transaction

    def _plays(self, stage: Stage) -> bool:
        parts = self.transaction.parts if self.transaction else {}
        return self._player.plays(parts.pop(stage, None))

    def _say(
        self, code: int, enhanced: str | None, text: str, transaction: Transaction | None
    ) -> None:
        if transaction and transaction.delay:
            self._steps.append(Wait(transaction.delay))
        self._steps.append(Say(reply(code, enhanced, text)))

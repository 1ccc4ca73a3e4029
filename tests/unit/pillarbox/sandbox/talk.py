"""A session driven by octets alone, as the tests of its laws speak to it."""

import base64

from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.maildir import Submission
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.scene_memory import SceneMemory
from pillarbox.sandbox.session import Session
from pillarbox.sandbox.steps import Close, Cut, Keep, Say, StartTls, Wait

CREDENTIALS = Credentials("mailer", "secret")
TOKEN = base64.b64encode(b"\0mailer\0secret").decode()


class Talk:
    """Feeds a session and does what it wants; remembers what it kept and how it ended."""

    def __init__(self, limits: Limits | None = None, memory: SceneMemory | None = None) -> None:
        self.session = Session(CREDENTIALS, limits or Limits(), memory)
        self.kept: list[Submission] = []
        self.is_closed = False
        self.is_cut = False
        self.waited: list[float] = []
        self.greeting = self.say(b"")

    def say(self, octets: bytes) -> bytes:
        """Say something; what the relay answers."""
        self.session.feed(octets)
        answer = b""
        while (step := self.session.next_step()) is not None:
            match step:
                case Say(said):
                    answer += said
                case StartTls():
                    self.session.tls_started()
                case Keep(submission):
                    self.kept.append(submission)
                    self.session.kept(f"ID{len(self.kept)}")
                case Close():
                    self.is_closed = True
                    return answer
                case Wait(seconds):
                    self.waited.append(seconds)
                case Cut():
                    self.is_cut = True
                    return answer
        return answer

    def codes(self, octets: bytes) -> list[int]:
        """Say something; the codes of the replies."""
        lines = self.say(octets).decode().splitlines()
        return [int(line[:3]) for line in lines if line[3:4] != "-"]


def logged_in(limits: Limits | None = None, memory: SceneMemory | None = None) -> Talk:
    """Begin a talk that has TLS and AUTH behind it."""
    talk = Talk(limits, memory)
    talk.say(b"EHLO client.test\r\n")
    talk.say(b"STARTTLS\r\n")
    talk.say(b"EHLO client.test\r\n")
    assert talk.codes(f"AUTH PLAIN {TOKEN}\r\n".encode()) == [235]
    return talk

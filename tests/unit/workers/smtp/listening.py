"""A listener that remembers, for tests of the conversation."""

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.commands import ehlo
from workers.smtp.pipeline import Exchange
from workers.smtp.session import Session


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    def heard(self, exchange: Exchange) -> None:
        """Keep the replies."""
        self.replies += exchange.replies


def write_out(session: Session) -> bytes:
    """Take all that the session may write now."""
    written = b""
    while chunk := bytes(session.outbox.head()):
        session.outbox.taken(len(chunk))
        written += chunk
    return written


def hear_all(session: Session, data: bytes) -> list[tuple[Verb, int]]:
    """Feed bytes, and return the answers: which command, which code."""
    session.feed(data)
    return [(reply.command, reply.code) for reply in session.hear()]


def introduced(*keywords: str) -> Session:
    """Make a session that has been greeted and has said EHLO."""
    session = Session(Ear())
    hear_all(session, b"220 hello\r\n")
    session.ask(ehlo("client.test"), Ear())
    write_out(session)
    lines = ["relay.test", *keywords]
    answer = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n"
    hear_all(session, answer.encode())
    return session

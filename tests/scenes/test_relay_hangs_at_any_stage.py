"""Wherever in a session one relay falls silent, the mail of another goes on."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.relay_scene import RelayScene, wake
from tests.smtp_script import Script, Silence, StopReading
from tests.waiting import wait_until

HANGS = Silence()

WAKE_UPS = 12
"""More than there are places for one relay."""

LARGE = ("x" * 70 + "\n") * 60_000
"""More than the system holds for a connection."""

STAGES = {
    "greeting": ("", Script(greeting=[HANGS])),
    "EHLO": ("EHLO", Script(hello=[HANGS])),
    "STARTTLS": ("STARTTLS", Script(ehlo=["STARTTLS"], starttls=[HANGS])),
    "TLS handshake": ("STARTTLS", Script(ehlo=["STARTTLS"], starttls=[StopReading(b"220 go\r\n")])),
    "AUTH": ("AUTH", Script(ehlo=["AUTH PLAIN"], auth=[HANGS])),
    "MAIL": ("MAIL", Script(ehlo=[], mail=[HANGS])),
    "RCPT": ("RCPT", Script(ehlo=[], rcpt=[HANGS])),
    "DATA": ("DATA", Script(ehlo=[], data=[HANGS])),
    "group": ("DATA", Script(mail=[HANGS], rcpt=[HANGS], data=[HANGS])),
    "content": ("DATA", Script(ehlo=[], data=[StopReading()])),
    "end of data": ("DOT", Script(ehlo=[], dot=[HANGS])),
    "last chunk": ("BDAT", Script(ehlo=["PIPELINING", "CHUNKING"], last=[HANGS])),
    "RSET": ("RSET", Script(ehlo=[], dot=[b"554 5.7.1 no\r\n"], rset=[HANGS])),
    "QUIT": ("QUIT", Script(quit=[HANGS])),
}
"""The last command that it gets, and what it does."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[RelayScene]:
    with ExitStack() as closing:
        yield RelayScene(tmp_path, closing)


@pytest.mark.parametrize("stage", STAGES)
def test_the_others_mail_is_sent_while_it_hangs(scene: RelayScene, stage: str) -> None:
    """RFC 5321 4.5.3.2 lets it take ten minutes; nobody else waits for them."""
    last, script = STAGES[stage]
    hanging, good = scene.serve(script), scene.serve()
    scheme = "smtp+starttls" if last == "STARTTLS" else "smtp"
    login = "user:secret@" if stage == "AUTH" else ""
    each = 1 if stage == "QUIT" else 100
    scene.relay("hanging", hanging.port, login, scheme, max_messages_per_connection=each)
    scene.relay("good", good.port)
    worker = scene.start()
    text = LARGE if stage == "content" else "Thank you."
    for _ in range(3):
        scene.accept(relay="hanging", text=text)
    free = scene.accept(relay="good")
    threads = [threading.Thread(target=wake, args=(worker, "hanging")) for _ in range(WAKE_UPS)]

    for thread in threads:
        thread.start()
    wait_until(lambda: any(not last or last in served.verbs for served in hanging.served))
    wake(worker, "good")
    still_hanging = any(thread.is_alive() for thread in threads)

    assert ("sent", "good") == scene.outcome(free)
    assert still_hanging
    hanging.close()
    for thread in threads:
        thread.join()

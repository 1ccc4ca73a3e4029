"""The end of our process, while a session is still being opened."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Deaf, Script
from tests.unit.workers.smtp.carrying import PATIENT, impatient
from tests.unit.workers.smtp.certificates import Authority
from tests.waiting import wait_until
from workers.smtp.ending import Ending
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import FaultCode, Stage, UnreachableError
from workers.smtp.opening import Opener
from workers.smtp.timeouts import Timeouts

UNHURRIED = impatient(connect=60, connect_address=60, greeting=60, starttls=60, tls_handshake=60)
"""None of these is ever waited for: a test that hangs is ended as one that failed."""


A_MOMENT = 0.5
"""Seconds for what the server has just said to be heard; nothing here is measured by it."""


def stopped_at(endpoint: Endpoint, begun: Callable[[], bool] = lambda: True) -> Stage:
    """Open a session in a process that is told to end a moment after `begun`; where it gave up."""
    ending = Ending()

    def end() -> None:
        wait_until(begun, PATIENT.connect, "the opening has come so far")
        ending.at = time.monotonic() + A_MOMENT

    teller = threading.Thread(target=end)
    teller.start()
    with pytest.raises(UnreachableError) as error:
        Opener(endpoint, ending=ending)()
    teller.join()
    assert FaultCode.STOPPED is error.value.fault.code
    return error.value.stage


@contextmanager
def black_hole() -> Iterator[tuple[str, int]]:
    """Listen, and answer no SYN: the backlog is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        yield full.getsockname()
        for each in waiting:
            each.close()


def test_it_does_not_wait_for_a_connection() -> None:
    """A black hole is no reason to be killed in the middle of another relay's mail."""
    with black_hole() as (host, port):
        endpoint = Endpoint(host, port, TlsPolicy.NONE, timeouts=UNHURRIED)
        assert Stage.CONNECT is stopped_at(endpoint)


def test_it_does_not_wait_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver has its own patience, of which we know nothing."""
    answered = threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        answered.wait(PATIENT.connect)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    try:
        assert Stage.CONNECT is stopped_at(Endpoint("relay.test", 25, timeouts=UNHURRIED))
    finally:
        answered.set()


@pytest.mark.parametrize(
    ("script", "policy", "stage"),
    [
        (Script(greeting=[Deaf()]), TlsPolicy.NONE, Stage.GREETING),
        (Script(greeting=[Deaf()]), TlsPolicy.IMPLICIT, Stage.TLS),
        (Script(ehlo=["STARTTLS"], starttls=[Deaf()]), TlsPolicy.REQUIRED, Stage.STARTTLS),
        (Script(ehlo=["STARTTLS"], starttls=[Deaf(b"220 go\r\n")]), TlsPolicy.REQUIRED, Stage.TLS),
    ],
)
def test_it_does_not_wait_for_a_relay_that_hangs_in_the_opening(
    script: Script, policy: TlsPolicy, stage: Stage, authority: Authority
) -> None:
    """At any of its stages; nothing of any message has been said."""
    with ScriptedServer(script) as server:
        endpoint = Endpoint(
            server.host, server.port, policy, ca_file=authority.ca_file, timeouts=UNHURRIED
        )
        said = "STARTTLS" if policy is TlsPolicy.REQUIRED else ""

        def begun() -> bool:
            return bool(server.served) and (not said or said in server.last.verbs)

        assert stage is stopped_at(endpoint, begun)


def test_a_process_that_goes_on_waits_as_long_as_it_may() -> None:
    """The same waits end by their own time otherwise, with their own names."""
    brief = Timeouts(connect=0.3, connect_address=0.3)
    with black_hole() as (host, port), pytest.raises(UnreachableError) as error:
        Opener(Endpoint(host, port, TlsPolicy.NONE, timeouts=brief), ending=Ending())()
    assert FaultCode.CONNECT_TIMEOUT is error.value.fault.code

"""Each phase's time-out, from its setting to the wire: what hangs there is given up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from pillarbox.domain.relay import Relay
from pillarbox.domain.relay_timeouts import RelayTimeouts
from pillarbox.settings_survey import load
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import PATIENCE, Act, Close, Deaf, Script, Silence, StopReading
from tests.unit.workers.smtp.carrying import always, to
from tests.unit.workers.smtp.certificates import Authority, make_authority
from tests.waiting import wait_until
from workers.pools import make_endpoint, make_pool
from workers.smtp.errors import Fault, FaultCode, OpeningError, Stage
from workers.smtp.pool import Pool
from workers.smtp.timeouts import Timeouts

BRIEF = "0.2"
LONG = "3600"
"""The longest that can be set: a test that waited for it would be ended as one that hangs."""

PHASES = [each.name for each in fields(RelayTimeouts)]
BIG = b"Subject: big\r\n\r\n" + b"x" * 76 * 300_000
PLAIN = ("SIZE 0",)
CHUNKS = ("PIPELINING", "CHUNKING")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One for all: keys take time."""
    return make_authority(tmp_path_factory.mktemp("authority"))


def relay_at(url: str, brief: str, ca_file: Path | None = None) -> Relay:
    """Make a relay by its settings: one phase is brief, all others are as long as can be."""
    environment = {
        f"PILLARBOX_SMTP_TIMEOUT_{name.upper()}": BRIEF if name == brief else LONG
        for name in PHASES
    }
    environment["PILLARBOX_RELAY_URL"] = url
    return replace(load(environment).relays({}).relays["default"], ca_file=ca_file)


@contextmanager
def pool_at(server: ScriptedServer, brief: str, ca_file: Path | None = None) -> Iterator[Pool]:
    """Make the pool of a worker, and close it."""
    scheme = "smtp" if ca_file is None else "smtp+starttls"
    user = "user:word@" if brief == "auth" else ""
    url = f"{scheme}://{user}{server.host}:{server.port}"
    pool = make_pool(relay_at(url, brief, ca_file), None)
    try:
        yield pool
    finally:
        pool.close_all(timeout=0)


def opening_fault(pool: Pool) -> tuple[Stage, FaultCode]:
    """Try to open a session, and say where and how it failed."""
    with pytest.raises(OpeningError) as error:
        pool.checkout()
    return error.value.stage, error.value.fault.code


@law("patience-at-the-end")
def test_the_two_sides_name_the_same_phases_and_times() -> None:
    """What the settings say is what the conversation keeps to, to the last field."""
    assert asdict(RelayTimeouts()) == asdict(Timeouts())
    for brief in PHASES:
        endpoint = make_endpoint(relay_at("smtp://h", brief), None)
        expected = {name: float(BRIEF if name == brief else LONG) for name in PHASES}
        assert expected == asdict(endpoint.timeouts)


@pytest.mark.parametrize(
    ("brief", "script", "stage"),
    [
        ("greeting", Script(greeting=[Silence()]), Stage.GREETING),
        ("ehlo", Script(hello=[Silence()]), Stage.EHLO),
        ("auth", Script(ehlo=["AUTH PLAIN"], auth=[Silence()]), Stage.AUTH),
    ],
)
def test_an_opening_in_clear_text_is_given_up(brief: str, script: Script, stage: Stage) -> None:
    """RFC 5321 4.5.3.2.1 and the like: the relay's fault, with its stage."""
    with ScriptedServer(script) as server, pool_at(server, brief) as pool:
        assert (stage, FaultCode.TIMEOUT) == opening_fault(pool)


@pytest.mark.parametrize(
    ("brief", "act", "stage", "code"),
    [
        ("starttls", Deaf(), Stage.STARTTLS, FaultCode.TIMEOUT),
        ("tls_handshake", Deaf(b"220 go\r\n"), Stage.TLS, FaultCode.TLS_FAILURE),
    ],
)
def test_an_opening_of_tls_is_given_up(
    brief: str, act: Act, stage: Stage, code: FaultCode, authority: Authority
) -> None:
    """The handshake as a whole, whatever its messages are."""
    script = Script(ehlo=["STARTTLS"], starttls=[act])
    with ScriptedServer(script) as server, pool_at(server, brief, authority.ca_file) as pool:
        assert (stage, code) == opening_fault(pool)


def test_an_address_that_does_not_answer_is_given_up() -> None:
    """For the next one, if there is one."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # fill its backlog, so that a further connect hangs
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        pool = make_pool(
            relay_at(f"smtp://127.0.0.1:{full.getsockname()[1]}", "connect_address"), None
        )
        assert (Stage.CONNECT, FaultCode.CONNECT_TIMEOUT) == opening_fault(pool)
        for each in waiting:
            each.close()


def test_a_name_that_is_not_found_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up is a part of connecting."""
    answered = threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        answered.wait(PATIENCE)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    pool = make_pool(relay_at("smtp://relay.test", "connect"), None)
    try:
        assert (Stage.CONNECT, FaultCode.DNS_FAILURE) == opening_fault(pool)
    finally:
        answered.set()


@pytest.mark.parametrize(
    ("brief", "script", "content", "code"),
    [
        ("mail", Script(ehlo=PLAIN, mail=[Silence()]), b"hi\r\n", FaultCode.TIMEOUT),
        ("rcpt", Script(ehlo=PLAIN, rcpt=[Silence()]), b"hi\r\n", FaultCode.TIMEOUT),
        ("data", Script(data=[Silence()]), b"hi\r\n", FaultCode.TIMEOUT),
        ("data_block", Script(data=[StopReading()]), BIG, FaultCode.TIMEOUT),
        ("data_block", Script(ehlo=CHUNKS, bdat=[Silence()]), BIG, FaultCode.TIMEOUT),
        ("end_of_data", Script(dot=[Silence()]), b"hi\r\n", FaultCode.REPLY_LOST),
        ("end_of_data", Script(ehlo=CHUNKS, last=[Silence()]), b"hi\r\n", FaultCode.REPLY_LOST),
    ],
)
def test_a_transaction_is_given_up(
    brief: str, script: Script, content: bytes, code: FaultCode
) -> None:
    """RFC 5321 4.5.3.2.2 to 4.5.3.2.6: only after the end of data is it uncertain."""
    with ScriptedServer(script) as server, pool_at(server, brief) as pool:
        lease = pool.checkout()
        assert lease is not None
        with lease:
            results = lease.send([to("a", content=content)], always)

    verdict = results[0].verdicts[0]
    assert isinstance(verdict, Fault)
    assert code is verdict.code
    assert f"more than {BRIEF} s" in verdict.detail


def test_a_reset_is_given_up() -> None:
    """What stood before it is known; what comes behind it goes over another connection."""
    script = Script(ehlo=PLAIN, rcpt=[b"550 5.1.1 nobody\r\n"], rset=[Silence()])
    with ScriptedServer(script) as server, pool_at(server, "rset") as pool:
        lease = pool.checkout()
        assert lease is not None
        with lease:
            first = lease.send([to("a")], always)
            second = lease.send([to("b")], always)

        assert ["RSET"] == server.served[0].verbs[-1:]
    assert [550, FaultCode.TIMEOUT] == [each[0].verdicts[0].code for each in (first, second)]


@pytest.mark.parametrize("last_words", [Silence(), Close()])
def test_a_quit_is_given_up_and_loses_nothing(last_words: Act) -> None:
    """The mail before it is safe."""
    script = Script(greeting=[b"554 5.7.1 not you\r\n"], quit=[last_words])
    with ScriptedServer(script) as server, pool_at(server, "quit") as pool:
        assert (Stage.GREETING, FaultCode.REFUSED) == opening_fault(pool)
        wait_until(server.last.ended.is_set, PATIENCE, "the client goes")

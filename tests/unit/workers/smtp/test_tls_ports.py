"""Two sides of which one expects TLS first, and sessions that are never resumed."""

import ssl

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.carrying import PATIENT, carry, clear, impatient, to
from tests.unit.workers.smtp.certificates import Authority
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import FaultCode, Stage, UnreachableError
from workers.smtp.opening import Opener
from workers.smtp.tls import TlsStream


@law("wrong-tls-port")
def test_a_clear_session_to_a_tls_port_ends_at_the_greeting(authority: Authority) -> None:
    """Both sides wait for the other to begin."""
    script = Script(tls=authority.server("localhost"), implicit=True)
    with ScriptedServer(script) as server:
        with pytest.raises(UnreachableError) as error:
            Opener(clear(server, impatient(greeting=0.2)))()
        assert (Stage.GREETING, FaultCode.TIMEOUT) == (error.value.stage, error.value.fault.code)
        assert b"" == bytes(server.last.raw)


@law("sessions-of-one-relay")
def test_every_session_of_tls_is_a_new_one(authority: Authority) -> None:
    """Nothing is resumed: no ticket of another relay or account is ever shown."""
    script = Script(tls=authority.server("localhost"), implicit=True)
    with ScriptedServer(script) as server:
        relay = Endpoint(
            "localhost",
            server.port,
            TlsPolicy.IMPLICIT,
            ca_file=authority.ca_file,
            timeouts=PATIENT,
        )
        opener = Opener(relay)
        resumed = []
        for _ in range(2):
            connection = opener()
            carry(connection, to("a"))
            assert isinstance(connection.stream, TlsStream)
            wrapped = connection.stream.socket
            assert isinstance(wrapped, ssl.SSLSocket)
            resumed.append(wrapped.session_reused)
            connection.quit()
        assert [False, False] == resumed

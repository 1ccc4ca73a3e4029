"""The relay as a process of its own."""

import signal
import smtplib
import sys
from pathlib import Path

import pytest

from tests.ports import answers, free_port
from tests.servers.process import ServerProcess

PROGRAM = """
import pathlib, sys
from pillarbox.sandbox.certificate import keep_certificate
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import SandboxRelay

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
relay = SandboxRelay(
    "127.0.0.1", port, keep_certificate(folder / "tls"), Credentials("a", "b"),
    Maildir(folder / "mails"),
)
relay.run(ready=lambda: print("ready", relay.port, flush=True))
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_by_a_signal_though_a_client_is_there(
    tmp_path: Path, end: signal.Signals
) -> None:
    port = free_port()
    log = tmp_path / "log"
    process = ServerProcess(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(port)],
        log=log,
        answers=lambda: answers(port),
        stop_signal=end,
    )
    client = smtplib.SMTP("127.0.0.1", port, timeout=10)
    process.stop()
    assert client.getreply() == (421, b"4.3.2 the relay is stopping")
    client.close()
    assert process._process.returncode == 0
    assert f"ready {port}" in log.read_text()
    assert "Traceback" not in log.read_text()

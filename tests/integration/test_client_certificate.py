"""Postfix that knows its clients by the fingerprint of their certificate, and by nothing else."""

from pathlib import Path

import pytest

from pillarbox.domain.address import Address
from tests.client_certificate import make_own_certificate
from tests.servers.installation import Installation, clean_environment, run_command
from tests.servers.postfix import PostfixServer
from tests.servers.redis import RedisServer
from workers.smtp.commands import mail, rcpt
from workers.smtp.endpoint import ClientCertificate, Endpoint
from workers.smtp.opening import Opener


def test_a_client_that_is_known_by_its_certificate_may_send(
    tmp_path: Path, postfix_relay: PostfixServer, redis_server: RedisServer
) -> None:
    """No password anywhere (Postfix `permit_tls_clientcerts`)."""
    own = postfix_relay.known_client
    with Installation(
        tmp_path,
        relay_url=f"smtp+starttls://{postfix_relay.host}:{postfix_relay.certified_port}",
        REDIS_URL=redis_server.database(),
        RELAY_CA_FILE=postfix_relay.ca_file,
        RELAY_CLIENT_CERT_FILE=own.cert_file,
        RELAY_CLIENT_KEY_FILE=own.key_file,
    ) as running:
        message_id = running.send(to="certified@example.com")

        assert "sent" == running.wait_for(message_id, "sent", "failed")["status"]


def test_a_client_whose_certificate_is_another_may_not(
    tmp_path: Path, postfix_relay: PostfixServer
) -> None:
    """So it is our certificate that let us in, and not the address that we came from."""
    stranger = make_own_certificate(tmp_path / "stranger")
    endpoint = Endpoint(
        postfix_relay.host,
        postfix_relay.certified_port,
        ca_file=postfix_relay.ca_file,
        client_certificate=ClientCertificate(stranger.cert_file, stranger.key_file),
    )

    connection = Opener(endpoint)()
    replies = connection.call(mail(None)), connection.call(rcpt(Address("ada", "example.com")))
    connection.quit()

    assert [250, 554] == [reply.code for reply in replies]


@pytest.mark.parametrize("missing", ["CERT", "KEY"])
def test_a_worker_whose_file_is_not_there_does_not_start(missing: str, tmp_path: Path) -> None:
    """One line that names it, and the setting; not a mail that waits for ever."""
    own = make_own_certificate(tmp_path)
    files = {"CERT": own.cert_file, "KEY": own.key_file}
    files[missing].unlink()
    environment = clean_environment() | {
        "PILLARBOX_STATE_DIR": str(tmp_path),
        "PILLARBOX_RELAY_URL": "smtp+starttls://localhost",
        "PILLARBOX_RELAY_CLIENT_CERT_FILE": str(files["CERT"]),
        "PILLARBOX_RELAY_CLIENT_KEY_FILE": str(files["KEY"]),
    }

    told = run_command("worker", environment=environment, status=2)

    expected = f"PILLARBOX_RELAY_CLIENT_{missing}_FILE: {files[missing]}: No such file or directory"
    assert f"{expected}\n" == told

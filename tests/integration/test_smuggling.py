"""What other line ends would end the data is text to a Postfix that refuses them."""

import secrets

import pytest

from pillarbox.domain.address import Address
from tests.laws.registry import law
from tests.servers.postfix import PostfixServer
from tests.waiting import wait_until
from workers.smtp.auth import Credentials
from workers.smtp.capabilities import Chunking
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.opening import Opener
from workers.smtp.transaction import Transaction
from workers.smtp.transmission import transmit

SPITEFUL = (
    b"Subject: spite\n\r\n1\n.\n2\n.\r\n3\r.\r4\r\n.\n5\r\n.\r"
    b"MAIL FROM:<evil@example.com>\r\n..\r\n."
)


@law("no-smuggling", "dots-doubled", "dots-not-in-chunks", "last-line-ends")
@pytest.mark.parametrize("chunking", [Chunking.PROVEN, Chunking.BROKEN])
def test_one_mail_arrives_with_every_line_of_it(
    postfix_relay: PostfixServer, chunking: Chunking
) -> None:
    """By BDAT and by DATA: never `521 5.5.2 bare <LF> received`, and never a second mail."""
    name = f"spite-{secrets.token_hex(4)}"
    who = Credentials(postfix_relay.user, postfix_relay.password)
    relay = Endpoint(
        postfix_relay.host,
        postfix_relay.port,
        TlsPolicy.REQUIRED,
        credentials=who,
        ca_file=postfix_relay.ca_file,
    )
    connection = Opener(relay)()
    connection.chunking = chunking
    recipient = Address(name, "example.com")
    transaction = Transaction(Address("s", "example.com"), (recipient,), SPITEFUL)
    result = transmit(connection, transaction, lambda: True)
    connection.quit()

    assert [250] == [verdict.code for verdict in result.verdicts]
    [mail] = wait_until(lambda: postfix_relay.mails(f"{name}@example.com"), 10, "it arrives")
    lines = str(mail.message.get_payload()).splitlines()
    assert ["1", ".", "2", ".", "3", ".", "4", ".", "5", "."] == lines[:10]
    assert ["MAIL FROM:<evil@example.com>", "..", "."] == lines[10:]

"""AUTH against Postfix and Cyrus SASL: the mechanism that we choose, and a wrong password."""

import pytest

from pillarbox.domain.address import Address
from tests.servers.postfix import PostfixServer
from tests.waiting import wait_until
from workers.smtp.auth import Credentials
from workers.smtp.commands import mail, rcpt
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import AuthFailedError
from workers.smtp.opening import Opener


def endpoint(postfix: PostfixServer, credentials: Credentials) -> Endpoint:
    """Name its submission service."""
    return Endpoint(
        postfix.host,
        postfix.port,
        TlsPolicy.REQUIRED,
        credentials=credentials,
        ca_file=postfix.ca_file,
    )


def test_postfix_is_told_who_we_are_by_scram(postfix_relay: PostfixServer) -> None:
    """The strongest that it offers; its signature was right, or there would be no session."""
    who = Credentials(postfix_relay.user, postfix_relay.password)
    connection = Opener(endpoint(postfix_relay, who))()
    assert {"SCRAM-SHA-256", "PLAIN", "LOGIN"} <= set(connection.capabilities.auth)

    replies = connection.call(mail(None)), connection.call(rcpt(Address("scram", "example.com")))
    connection.quit()

    assert all(reply.is_positive for reply in replies)
    noted = f"sasl_method=SCRAM-SHA-256, sasl_username={postfix_relay.user}"
    wait_until(lambda: noted in postfix_relay.log(), 5, "Postfix notes the mechanism")


def test_postfix_refuses_a_wrong_password(postfix_relay: PostfixServer) -> None:
    """535, once, and the reply is Postfix's own."""
    with pytest.raises(AuthFailedError) as error:
        Opener(endpoint(postfix_relay, Credentials(postfix_relay.user, "wrong")))()

    assert error.value.reply is not None
    assert 535 == error.value.reply.code

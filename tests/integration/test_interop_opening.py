"""Sessions with four real servers: TLS, what they offer, and who we are to them."""

from dataclasses import replace

import pytest

from tests.integration.interop import USED, Offer, Relay, endpoint, to
from workers.smtp.auth import Credentials
from workers.smtp.endpoint import TlsPolicy
from workers.smtp.errors import AuthFailedError, FaultCode, InsecureError, Stage
from workers.smtp.login import _with_password
from workers.smtp.mechanisms import BY_PASSWORD
from workers.smtp.opening import Opener
from workers.smtp.transmission import transmit


def test_each_offers_what_our_documents_say(relay: Relay, offer: Offer) -> None:
    """What a test takes for granted of a server is checked first (docs/relays.md)."""
    connection = Opener(endpoint(relay))()
    offered = connection.capabilities
    connection.quit()

    assert offer.extensions == USED.intersection(offered.keywords)
    assert offer.mechanisms == set(offered.auth)


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.IMPLICIT])
def test_a_session_is_encrypted_and_verified(relay: Relay, policy: TlsPolicy) -> None:
    """STARTTLS on one port, TLS from the first byte on the other (RFC 3207, RFC 8314)."""
    port = relay.port if policy is TlsPolicy.REQUIRED else relay.tls_port
    connection = Opener(endpoint(relay, port=port, tls=policy))()
    result = transmit(connection, to(f"{policy}@opening.test"), lambda: True)
    connection.quit()

    assert [250] == [verdict.code for verdict in result.verdicts]
    assert result.connection.tls_version in {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.IMPLICIT])
def test_a_certificate_of_a_stranger_ends_it(relay: Relay, policy: TlsPolicy) -> None:
    """Without the authority there is no session, and no password on the way."""
    port = relay.port if policy is TlsPolicy.REQUIRED else relay.tls_port
    with pytest.raises(InsecureError) as error:
        Opener(replace(endpoint(relay, port=port, tls=policy), ca_file=None))()

    assert (Stage.TLS, FaultCode.TLS_FAILURE) == (error.value.stage, error.value.fault.code)


@pytest.mark.parametrize("mechanism", BY_PASSWORD)
def test_every_mechanism_that_both_know_opens_the_door(
    relay: Relay, offer: Offer, mechanism: str
) -> None:
    """PLAIN, LOGIN with whatever it prompts, and SCRAM-SHA-256 where it is offered."""
    if mechanism not in offer.mechanisms:
        assert "SCRAM-SHA-256" == mechanism  # the one that only some of them have
        return
    connection = Opener(replace(endpoint(relay), credentials=None))()
    _with_password(connection, Credentials(relay.user, relay.password), (mechanism,))
    result = transmit(connection, to(f"{mechanism.lower()}@opening.test"), lambda: True)
    connection.quit()

    assert [250] == [verdict.code for verdict in result.verdicts]


def test_without_auth_there_is_no_mail(relay: Relay) -> None:
    """Each wants to know who we are, at MAIL or at RCPT: so what we prove here is AUTH."""
    connection = Opener(replace(endpoint(relay), credentials=None))()
    result = transmit(connection, to("stranger@opening.test"), lambda: True)
    connection.quit()

    [verdict] = result.verdicts
    assert verdict.code in {530, 550, 554}
    assert not result.data_may_have_ended


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.IMPLICIT])
def test_a_wrong_password_is_said_of_us(relay: Relay, policy: TlsPolicy) -> None:
    """535 at AUTH: no message has a part in it."""
    port = relay.port if policy is TlsPolicy.REQUIRED else relay.tls_port
    wrong = Credentials(relay.user, "wrong")
    with pytest.raises(AuthFailedError) as error:
        Opener(replace(endpoint(relay, port=port, tls=policy), credentials=wrong))()

    assert error.value.reply is not None
    assert (Stage.AUTH, 535) == (error.value.stage, error.value.reply.code)

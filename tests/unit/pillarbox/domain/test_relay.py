import pytest

from pillarbox.domain.relay import Credentials, RelayUrlError, TlsPolicy, parse_relay_url


@pytest.mark.parametrize(
    ("url", "policy", "host", "port"),
    [
        ("smtp+starttls://relay.test", TlsPolicy.REQUIRED, "relay.test", 587),
        ("smtps://relay.test", TlsPolicy.IMPLICIT, "relay.test", 465),
        ("smtp+opportunistic://relay.test", TlsPolicy.OPPORTUNISTIC, "relay.test", 25),
        ("smtp://127.0.0.1:2525", TlsPolicy.NONE, "127.0.0.1", 2525),
        ("smtp://[::1]:2525/", TlsPolicy.NONE, "::1", 2525),
    ],
)
def test_a_url_says_how_and_where(url: str, policy: TlsPolicy, host: str, port: int) -> None:
    relay = parse_relay_url(url)

    assert (policy, host, port) == (relay.tls, relay.host, relay.port)


def test_user_and_password_are_percent_decoded_and_never_shown() -> None:
    """A password may hold any character, and stands in no repr."""
    relay = parse_relay_url("smtps://us%40er:p%3Ass%2Fword@relay.test")

    assert Credentials("us@er", "p:ss/word") == relay.credentials
    assert "p:ss" not in repr(relay)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://relay.test", "scheme"),
        ("relay.test:587", "scheme"),
        ("smtps://", "host"),
        ("smtps://relay.test:99999", "port"),
        ("smtps://relay.test/path", "nothing may follow"),
        ("smtps://user@relay.test", "password"),
        ("smtps://:secret@relay.test", "a password a user"),
        ("smtp://user:secret@relay.test", "in the clear"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_saying_why(url: str, part: str) -> None:
    with pytest.raises(RelayUrlError, match=part) as refused:
        parse_relay_url(url)

    assert "secret" not in str(refused.value)


def test_a_password_may_go_to_this_machine_in_the_clear() -> None:
    """AUTH without TLS is refused unless the relay is on loopback."""
    assert parse_relay_url("smtp://user:secret@localhost:2525").credentials is not None

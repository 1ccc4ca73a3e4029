"""Tokens from a token endpoint on this machine: renewed in time, once, and never leaked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.domain.relay import TokenGrant
from tests.unit.workers.token_endpoint import Endpoint
from workers.smtp.auth import TokenUnavailableError
from workers.tokens import MARGIN, PAUSE_AFTER_FAILURE, Tokens


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def granted(number: int, **fields: object) -> tuple[int, dict[str, object]]:
    """Answer with a token that lives an hour, unless the fields say otherwise."""
    token = {"access_token": f"token-{number}", "token_type": "Bearer", "expires_in": 3600}
    return 200, token | fields


def by_secret(endpoint: Endpoint, clock: Clock) -> Tokens:
    """Make a source by client credentials."""
    return Tokens(TokenGrant(endpoint.url, "client", "s3cret", scope="mail"), clock)


def by_refresh(endpoint: Endpoint, clock: Clock) -> Tokens:
    """Make a source by a refresh token."""
    return Tokens(TokenGrant(endpoint.url, "client", "s3cret", "refresh-0"), clock)


def test_client_credentials_become_a_token(endpoint: Endpoint, clock: Clock) -> None:
    """RFC 6749 4.4.2."""
    endpoint.answers = [granted(1)]

    assert "token-1" == by_secret(endpoint, clock)()
    assert [
        {
            "grant_type": "client_credentials",
            "client_id": "client",
            "client_secret": "s3cret",
            "scope": "mail",
        }
    ] == endpoint.asked


def test_a_refresh_token_becomes_a_token_and_its_successor_is_used(
    endpoint: Endpoint, clock: Clock
) -> None:
    """RFC 6749 6: a new refresh token replaces the old one."""
    endpoint.answers = [granted(1, refresh_token="refresh-1"), granted(2)]
    tokens = by_refresh(endpoint, clock)

    tokens()
    clock.now += 3600
    tokens()
    clock.now += 3600
    tokens()

    assert ["refresh-0", "refresh-1", "refresh-1"] == [
        each["refresh_token"] for each in endpoint.asked
    ]
    assert {"refresh_token"} == {each["grant_type"] for each in endpoint.asked}


def test_a_token_is_kept_until_shortly_before_its_end(endpoint: Endpoint, clock: Clock) -> None:
    """One request for all that time; then the next token comes before the old one has ended."""
    endpoint.answers = [granted(1), granted(2)]
    tokens = by_secret(endpoint, clock)

    seen = [tokens()]
    clock.now += 3600 - MARGIN - 1
    seen.append(tokens())
    clock.now += 2
    seen.append(tokens())

    assert ["token-1", "token-1", "token-2"] == seen
    assert 2 == len(endpoint.asked)


@pytest.mark.parametrize(
    ("expires_in", "life"), [("100", 100), (None, 600), (-5, 600), ("soon", 600), (1e999, 600)]
)
def test_the_life_of_a_token_is_what_the_endpoint_says(
    endpoint: Endpoint, clock: Clock, expires_in: object, life: float
) -> None:
    """As a number or as text; ten minutes if it says nothing that can be used."""
    endpoint.answers = [granted(1, expires_in=expires_in), granted(2)]
    tokens = by_secret(endpoint, clock)
    tokens()

    clock.now += life * 4 / 5 - 1
    before = tokens()
    clock.now += 2

    assert ("token-1", "token-2") == (before, tokens())


def test_many_threads_fetch_once(endpoint: Endpoint, clock: Clock) -> None:
    """One renewal at a time; all wait for it who have no token."""
    endpoint.answers = [granted(1), granted(2)]
    endpoint.released.clear()
    tokens = by_secret(endpoint, clock)

    with ThreadPoolExecutor(8) as pool:
        seen = [pool.submit(tokens) for _ in range(8)]
        endpoint.released.set()

    assert {"token-1"} == {each.result() for each in seen}
    assert 1 == len(endpoint.asked)


def test_an_early_renewal_holds_nobody_up(endpoint: Endpoint, clock: Clock) -> None:
    """While one thread renews, the others go on with the token that is still good."""
    endpoint.answers = [granted(1), granted(2)]
    tokens = by_secret(endpoint, clock)
    tokens()
    clock.now += 3600 - MARGIN + 1
    endpoint.released.clear()

    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(tokens)
        while len(endpoint.asked) < 2:  # the renewal is at the endpoint now
            assert not renewing.done()
        seen = [tokens() for _ in range(3)]
        endpoint.released.set()

    assert (["token-1"] * 3, "token-2") == (seen, renewing.result())
    assert 2 == len(endpoint.asked)


def test_an_early_renewal_that_fails_costs_nothing(endpoint: Endpoint, clock: Clock) -> None:
    """The old token serves to its end; the endpoint is asked again after a pause."""
    endpoint.answers = [granted(1), (503, b"busy"), granted(2)]
    tokens = by_secret(endpoint, clock)
    tokens()
    clock.now += 3600 - MARGIN + 1

    seen = [tokens(), tokens()]
    clock.now += PAUSE_AFTER_FAILURE
    seen.append(tokens())

    assert ["token-1", "token-1", "token-2"] == seen
    assert 3 == len(endpoint.asked)


def test_a_refused_token_is_not_returned_again(endpoint: Endpoint, clock: Clock) -> None:
    """Whoever was refused gets another; who comes later with the same refusal gets that one."""
    endpoint.answers = [granted(1), granted(2)]
    tokens = by_secret(endpoint, clock)
    old = tokens()

    assert ["token-2", "token-2", "token-2"] == [tokens(old), tokens(old), tokens()]
    assert 2 == len(endpoint.asked)


@pytest.mark.parametrize(
    ("status", "answer", "is_transient"),
    [
        (400, {"error": "invalid_grant", "error_description": "expired"}, False),
        (401, {"error": "invalid_client"}, False),
        (429, {"error": "slow_down"}, True),
        (500, {"error": "server_error"}, True),
        (503, b"<html>busy", True),
        (400, b"<html>proxy", True),
        (307, b"", True),
        (200, b"[]", True),
        (200, {"access_token": ""}, True),
        (200, {"access_token": "a b"}, True),
        (200, {"access_token": "a\x01b"}, True),
        (200, {"access_token": "x" * 10_000}, True),
        (200, {"access_token": "t", "token_type": "mac"}, True),
        (200, b"x" * 100_000, True),
    ],
)
def test_no_token_is_an_error_that_says_whose_turn_it_is(
    endpoint: Endpoint, clock: Clock, status: int, answer: object, *, is_transient: bool
) -> None:
    """A refused grant is the operator's; everything else may pass. No redirect is followed."""
    endpoint.answers = [(status, answer)]

    with pytest.raises(TokenUnavailableError) as error:
        by_secret(endpoint, clock)()

    assert is_transient is error.value.is_transient
    assert 1 == len(endpoint.asked)


def test_an_endpoint_that_fails_is_left_alone_for_a_moment(
    endpoint: Endpoint, clock: Clock
) -> None:
    """Threads that come meanwhile hear the same, and do not queue up behind a time-out each."""
    endpoint.answers = [(503, b""), granted(1)]
    tokens = by_secret(endpoint, clock)
    for _ in range(3):
        with pytest.raises(TokenUnavailableError):
            tokens()
    assert 1 == len(endpoint.asked)

    clock.now += PAUSE_AFTER_FAILURE

    assert "token-1" == tokens()


def test_nobody_there_is_transient(clock: Clock) -> None:
    """Port 9 of this machine: refused at once."""
    with pytest.raises(TokenUnavailableError) as error:
        Tokens(TokenGrant("http://127.0.0.1:9/", "client", "s3cret"), clock)()

    assert error.value.is_transient


def test_no_secret_is_in_an_error_or_a_repr(endpoint: Endpoint, clock: Clock) -> None:
    """Though the endpoint echoes it; and what it says is printable and short."""
    said = "\x1b[2J no refresh-0 for s3cret " + "x" * 1_000
    endpoint.answers = [(400, {"error": "invalid_grant", "error_description": said})]
    tokens = by_refresh(endpoint, clock)

    with pytest.raises(TokenUnavailableError) as error:
        tokens()

    shown = str(error.value) + repr(vars(error.value)) + repr(tokens._grant)
    assert "invalid_grant" in shown
    assert not [word for word in ("s3cret", "refresh-0", "\x1b") if word in shown]
    assert len(error.value.detail) < 400


def test_a_netrc_file_adds_nothing(
    endpoint: Endpoint,
    clock: Clock,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A password of somebody's own has no business there."""
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    endpoint.answers = [granted(1)]

    by_secret(endpoint, clock)()

    assert "Authorization" not in endpoint.headers[0]


@pytest.mark.parametrize("url", ["http://login.example.com/token", "ftp://x/", "token", ""])
def test_a_token_endpoint_in_the_clear_is_refused(url: str) -> None:
    """Secrets go there."""
    with pytest.raises(ValueError, match="https"):
        TokenGrant(url, "client", "s3cret")

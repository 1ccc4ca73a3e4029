"""A token endpoint that hangs while the process is told to end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.domain.relay import Credentials, Relay, TlsPolicy, TokenGrant
from tests.unit.workers.token_endpoint import Endpoint
from tests.waiting import wait_until
from workers.pools import make_endpoint
from workers.smtp.auth import TokenCredentials, TokenUnavailableError
from workers.smtp.ending import Ending
from workers.smtp.errors import StoppedError
from workers.tokens import Tokens, TokensInTime

GRANTED = 200, {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}


def _tokens(endpoint: Endpoint, ending: Ending) -> TokensInTime:
    return TokensInTime(Tokens(TokenGrant(endpoint.url, "client", "s3cret")), ending)


def test_an_endpoint_that_hangs_does_not_hold_up_the_end_of_the_process(endpoint: Endpoint) -> None:
    """A worker that is told to end waits for it no longer than for a relay, nor as a fault."""
    endpoint.answers = [GRANTED]
    endpoint.released.clear()
    ending = Ending()
    tokens = _tokens(endpoint, ending)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(tokens) for _ in range(2)]
        wait_until(lambda: endpoint.asked, 10, "the endpoint is asked")
        assert not any(each.done() for each in waiting)
        ending.at = time.monotonic()
        raised = [each.exception(10) for each in waiting]
    endpoint.released.set()

    assert [StoppedError, StoppedError] == [type(each) for each in raised]
    wait_until(lambda: not _asking(), 10, "what was left behind has ended")


def test_a_relays_tokens_know_of_the_end(endpoint: Endpoint) -> None:
    """As they are wired for a worker."""
    endpoint.answers = [GRANTED]
    grant = TokenGrant(endpoint.url, "client", "s3cret")
    user = Credentials("ada", "")
    relay = Relay("a", "127.0.0.1", 25, TlsPolicy.NONE, user, token=grant)
    ending = Ending()

    credentials = make_endpoint(relay, None, ending).credentials

    assert isinstance(credentials, TokenCredentials)
    assert "token-1" == credentials.token()
    ending.at = 0.0
    assert "token-1" == credentials.token()
    with pytest.raises(StoppedError):
        credentials.token("token-1")
    wait_until(lambda: not _asking(), 10, "what was left behind has ended")


def test_what_an_endpoint_says_is_told_from_its_thread(endpoint: Endpoint) -> None:
    endpoint.answers = [(400, {"error": "invalid_client"})]

    with pytest.raises(TokenUnavailableError) as refused:
        _tokens(endpoint, Ending())()

    assert not refused.value.is_transient
    assert "invalid_client" in refused.value.detail


def _asking() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "token"]

"""The four mail servers, one after the other, for the tests that ask for `relay`."""

import pytest

from tests.integration.interop import OFFERS, Offer, Relay


@pytest.fixture(params=OFFERS)
def relay(request: pytest.FixtureRequest) -> Relay:
    """Lend each of the servers, without the mails of other tests."""
    server: Relay = request.getfixturevalue(f"{request.param}_relay")
    server.forget()
    return server


@pytest.fixture
def offer(relay: Relay, request: pytest.FixtureRequest) -> Offer:
    """Say what the server offers."""
    return OFFERS[request.node.callspec.params["relay"]]

import pytest

from tests.unit.service.caller import Caller, slug


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/v1/messages", "OPTIONS", {"GET", "HEAD", "POST"}),
        ("/v1/messages", "DELETE", {"GET", "HEAD", "POST"}),
        ("/v1/messages", "BREW", {"GET", "HEAD", "POST"}),
        ("/v1/messages/x", "OPTIONS", {"GET", "HEAD"}),
        ("/v1/messages/x/cancel", "GET", {"POST"}),
        ("/v1/batches/x/cancel", "OPTIONS", {"POST"}),
        ("/v1/messages/batch", "GET", {"POST"}),
        ("/v1/messages/batch", "DELETE", {"POST"}),
        ("/v1/messages/x/attempts", "POST", {"GET", "HEAD"}),
        ("/livez", "POST", {"GET", "HEAD"}),
        ("/docs", "OPTIONS", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_a_route_does_not_know_is_405(
    caller: Caller, path: str, method: str, allowed: set[str]
) -> None:
    """OPTIONS too: there is nothing that a browser of another origin should do here."""
    response = caller.request(method, path)

    assert (405, "method-not-allowed") == (response.status_code, slug(response))
    assert allowed == set(response.headers["Allow"].split(", "))

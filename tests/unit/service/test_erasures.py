"""`POST /v1/erasures`: an operator has one recipient forgotten."""

import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.key import Scope
from tests.fakes.services import World, message_id
from tests.unit.service.caller import Caller, faults, slug
from tests.unit.service.published import CheckedClient

ADA = Address("ada", "example.com")
PATH = "/v1/erasures"


@pytest.fixture
def operator(world: World, client: CheckedClient) -> Caller:
    """Return a caller whose key may manage."""
    return Caller(client, world.new_key("operator", Scope.MANAGE))


def test_an_erasure_says_how_much_it_was(operator: Caller, world: World) -> None:
    """And how much of it was being sent, so that it is asked for again."""
    ids = [message_id(number) for number in range(3)]
    world.erasure.messages[ADA] = ids
    world.erasure.under_way = {ids[1]}

    response = operator.post(b'{"email": "ada@EXAMPLE.com"}', path=PATH)

    assert 200 == response.status_code
    assert {"messages": 2, "under_way": 1} == response.get_json()
    assert [(ADA, ids[0]), (ADA, ids[2])] == world.erasure.erased


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{}", "#/email"),
        (b"[]", "#"),
        (b'{"email": "nobody"}', "#/email"),
        (b'{"email": "ada@example.com", "name": "Ada"}', "#/name"),
    ],
)
def test_whom_to_erase_must_be_said(
    operator: Caller, world: World, body: bytes, where: str
) -> None:
    response = operator.post(body, path=PATH)

    assert 422 == response.status_code
    assert [where] == [place for place, _ in faults(response)]
    assert [] == world.erasure.erased


def test_only_an_operator_may_erase(client: CheckedClient, world: World) -> None:
    """Whoever sends does not decide of what is kept."""
    sender = Caller(client, world.new_key("everyday", Scope.SEND, Scope.READ, Scope.CONTENT))

    response = sender.post(b'{"email": "ada@example.com"}', path=PATH)

    assert (403, "scope-missing") == (response.status_code, slug(response))

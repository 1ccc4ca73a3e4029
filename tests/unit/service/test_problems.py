"""One table from what went wrong to what is answered."""

import html
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.errors import PillarboxError
from service import problem_index, problems
from tests.fakes.services import PUBLIC_URL, World
from tests.unit.service.caller import Caller, slug
from tests.unit.service.published import CheckedClient


def descendants(kind: type[PillarboxError]) -> Iterator[type[PillarboxError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def test_every_error_that_is_meant_for_a_caller_has_its_problem() -> None:
    assert set(descendants(PillarboxError)) == set(problem_index.OF_ERROR)


def test_every_problem_can_be_found_by_its_slug() -> None:
    in_module = {each for each in vars(problems).values() if isinstance(each, problems.Problem)}

    assert in_module == set(problem_index.BY_SLUG.values())
    assert all(slug == problem.slug for slug, problem in problem_index.BY_SLUG.items())


@pytest.mark.parametrize(
    "problem", problem_index.BY_SLUG.values(), ids=lambda problem: problem.slug
)
def test_every_problem_has_a_page_where_its_type_leads(
    client: CheckedClient, problem: problems.Problem
) -> None:
    response = client.get(f"/problems/{problem.slug}")

    assert 200 == response.status_code
    assert "text/html; charset=utf-8" == response.headers["Content-Type"]
    assert problem.title in html.unescape(response.text)
    assert str(problem.status.value) in response.text


def test_a_page_of_no_problem_is_404(client: CheckedClient) -> None:
    assert 404 == client.get("/problems/nothing").status_code


def test_a_problem_says_where_it_is_explained_and_who_asked(caller: Caller) -> None:
    response = caller.request("GET", "/v1/nothing", headers={"X-Request-Id": "mine.1"})

    assert "application/problem+json" == response.headers["Content-Type"]
    assert {
        "type": f"{PUBLIC_URL}/problems/not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": problems.NOT_FOUND.meaning,
        "request_id": "mine.1",
    } == response.get_json()


def test_a_fault_of_ours_is_500_and_tells_nothing_of_itself(caller: Caller, world: World) -> None:
    def explode(_content: object) -> int:
        raise RuntimeError("the password is hunter2")

    world.measure = explode

    response = caller.send()

    assert (500, "internal-error") == (response.status_code, slug(response))
    assert "5" == response.headers["Retry-After"]
    assert "hunter2" not in response.text
    assert response.headers["X-Request-Id"] == response.get_json()["request_id"]


def test_a_message_too_large_once_encoded_is_413(caller: Caller, world: World) -> None:
    world.measure = lambda _content: 25_000_001

    response = caller.send()

    assert (413, "message-too-large") == (response.status_code, slug(response))
    assert "25000000" in response.get_json()["detail"]


def test_a_store_that_is_away_leaves_it_open_and_asks_for_a_repeat(
    caller: Caller, world: World
) -> None:
    world.acceptance.away = True

    with capture_logs() as lines:
        response = caller.send()

    assert (503, "store-unavailable") == (response.status_code, slug(response))
    assert "2" == response.headers["Retry-After"]
    # An outage is one line for each request, and never a traceback.
    assert ["store_unavailable", "http_request"] == [line["event"] for line in lines]
    assert "exc_info" not in lines[0]

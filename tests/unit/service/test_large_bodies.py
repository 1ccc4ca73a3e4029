"""A large body takes room in its process for as long as its request lasts; a small one none."""

import gzip

import orjson
import pytest

from service.room import LARGE_OCTETS, Room
from tests.fakes.services import World
from tests.unit.service.caller import LETTER, Caller, slug

SMALL = orjson.dumps(LETTER)
LARGE = SMALL + b" " * (2 * LARGE_OCTETS)
GZIP = {"Content-Encoding": "gzip"}
EMPTY = f"<Room 0 of {3 * LARGE_OCTETS} taken, 0 waiting>"


@pytest.fixture
def world() -> World:
    return World(room=Room(3 * LARGE_OCTETS, most_waiting=0))


@pytest.mark.parametrize("body", [LARGE, LARGE + b"{", gzip.compress(LARGE, mtime=0)])
def test_room_is_given_back_whatever_the_answer(caller: Caller, world: World, body: bytes) -> None:
    """Also where the document is refused, and where the size was not known beforehand."""
    headers = GZIP if body.startswith(b"\x1f\x8b") else {}

    statuses = [caller.post(body, headers).status_code for _ in range(3)]

    assert 1 == len(set(statuses))
    assert 503 not in statuses
    assert EMPTY == repr(world.room)


def test_without_room_a_large_body_is_told_to_come_again(caller: Caller, world: World) -> None:
    """Nothing of it is read, and nothing of it accepted."""
    world.room.take(2 * LARGE_OCTETS)

    for body, headers in ((LARGE, {}), (gzip.compress(LARGE), GZIP)):
        response = caller.post(body, headers)

        assert (503, "too-many-large-requests") == (response.status_code, slug(response))
        assert "2" == response.headers["Retry-After"]


def test_a_small_body_needs_no_room(caller: Caller, world: World) -> None:
    """It is not what fills the memory, and it must not wait for what does."""
    world.room.take(3 * LARGE_OCTETS)

    assert 202 == caller.post(SMALL).status_code
    assert 202 == caller.post(gzip.compress(SMALL), GZIP).status_code


def test_a_body_that_says_too_much_is_refused_before_it_takes_room(
    caller: Caller, world: World
) -> None:
    """413 needs no room, and no waiting for it."""
    world.room.take(3 * LARGE_OCTETS)

    assert 413 == caller.post(b" " * 50_000_001).status_code

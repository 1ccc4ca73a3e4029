"""Large bodies have so much room in a process, and who finds none waits in turn or comes again."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from service.room import NoRoomError, Place, Room
from tests.waiting import wait_until

PATIENT = 60.0


def _waiting(room: Room, count: int) -> None:
    wait_until(lambda: f"{count} waiting" in repr(room), 20, f"{count} wait")


def test_who_finds_room_has_it_until_it_is_given_back() -> None:
    """Once, however often a request's end asks for it."""
    room = Room(100, most_waiting=0)

    first, second = room.take(60), room.take(40)
    with pytest.raises(NoRoomError):
        room.take(1)
    first.leave()
    first.leave()

    assert "<Room 40 of 100 taken, 0 waiting>" == repr(room)
    room.take(60)
    second.leave()


def test_a_body_larger_than_all_room_has_it_to_itself() -> None:
    """Else nobody could ever send it."""
    room = Room(100, most_waiting=0)

    place = room.take(500)

    assert "<Room 100 of 100 taken, 0 waiting>" == repr(room)
    place.leave()
    assert "<Room 0 of 100 taken, 0 waiting>" == repr(room)


def test_what_a_body_did_not_need_is_others() -> None:
    """A compressed one might have been as large as any may be."""
    room = Room(100, most_waiting=0)

    place = room.take(100)
    place.keep(30)
    place.keep(90)

    assert "<Room 30 of 100 taken, 0 waiting>" == repr(room)


def test_who_waits_has_its_turn_in_order_and_nobody_overtakes() -> None:
    """A small one would fit, and stays behind the large one that came first: else that starves."""
    room = Room(100, most_waiting=2, wait_seconds=PATIENT)
    order: list[int] = []

    def take(octets: int) -> Place:
        place = room.take(octets)
        order.append(octets)
        return place

    with ThreadPoolExecutor(2) as threads:
        held = room.take(50)
        waiting: list[Future[Place]] = []
        for number, octets in enumerate((80, 20), 1):
            waiting.append(threads.submit(take, octets))
            _waiting(room, number)
        with pytest.raises(NoRoomError):
            room.take(1)
        held.leave()
        for each in waiting:
            each.result(PATIENT)

    assert [80, 20] == order


def test_who_has_waited_too_long_comes_again_and_leaves_the_line() -> None:
    """Its thread is wanted, and those behind it go on."""
    room = Room(100, most_waiting=2, wait_seconds=0.01)
    room.take(80)
    gone = threading.Event()

    def give_up() -> None:
        with pytest.raises(NoRoomError):
            room.take(50)
        gone.set()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(give_up).result(PATIENT)

    assert gone.is_set()
    assert "<Room 80 of 100 taken, 0 waiting>" == repr(room)
    room.take(20)

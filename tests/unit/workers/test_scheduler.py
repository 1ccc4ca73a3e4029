"""The scheduler ends when it is told to, whatever it does just then."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from celery import Celery

from pillarbox.queue.app import Role, make_app
from workers.beat import make_beat
from workers.scheduler import Tick


@pytest.fixture
def app() -> Iterator[Celery]:
    """Make an app that never connects."""
    made = make_app("redis://127.0.0.1:1/0", role=Role.PUBLISHER)
    yield made
    made.close()


def test_it_ends_in_the_middle_of_a_tick(app: Celery) -> None:
    """What it publishes is not worth waiting for."""
    begun: list[int] = []
    ended: list[int] = []

    def publish() -> None:
        begun.append(1)
        tick.end()
        ended.append(1)

    tick = Tick(publish, 60)
    make_beat(app, tick, 0.01).start()

    assert ([1], []) == (begun, ended)


def test_an_end_that_came_to_nothing_comes_with_the_next_tick(app: Celery) -> None:
    """An exception out of a finaliser is told on standard error, and that is all."""
    published: list[int] = []

    def publish() -> None:
        assert not published
        published.append(1)
        with suppress(SystemExit):
            tick.end()

    tick = Tick(publish, 60)
    make_beat(app, tick, 0.01).start()

    assert [1] == published

"""Several relays, by script: one fails, refuses us or hangs, and the others' mail goes on."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pillarbox.domain.message import ChosenRoute, Route
from tests.contract.mail import ROUTE, message
from tests.ports import free_port
from tests.relay_scene import RelayScene, wake
from tests.smtp_script import Script, Silence
from tests.waiting import wait_until

REFUSES_AUTH = Script(ehlo=("AUTH PLAIN",), auth=[b"535 5.7.8 wrong password\r\n"])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[RelayScene]:
    with ExitStack() as closing:
        yield RelayScene(tmp_path, closing)


def test_while_a_relay_cannot_be_reached_another_carries_its_mail(scene: RelayScene) -> None:
    """And what was accepted for it alone waits, as it was."""
    second = scene.serve()
    scene.relay("first", free_port())
    scene.relay("second", second.port)
    worker = scene.start()
    free, pinned = scene.accept("second"), scene.accept()

    wake(worker, "first")  # finds out
    wake(worker, "first")  # goes elsewhere

    assert ("sent", "second") == scene.outcome(free)
    assert ("queued", None) == scene.outcome(pinned)
    assert 1 == len(second.last.messages)
    assert {"first": "connect: connect_refused"} == worker.transport.resting()


def test_a_relay_that_refuses_our_password_is_parked_and_its_mail_goes_elsewhere(
    scene: RelayScene,
) -> None:
    """Never the message's fault; the operator sees it, and resumes the relay."""
    first, second = scene.serve(REFUSES_AUTH, Script(ehlo=("AUTH PLAIN",))), scene.serve()
    scene.relay("first", first.port, "user:secret@")
    scene.relay("second", second.port)
    worker = scene.start()
    free, pinned = scene.accept("second"), scene.accept()

    for _ in range(4):
        wake(worker, "first")
    tried = len(first.served)
    resting = worker.transport.resting()
    metrics = worker.health.render()[0].decode()
    worker.transport.look_after()
    scene.stores.orders.order("first", paused=False)
    worker.transport.look_after()
    wake(worker, "first")

    assert 1 == tried
    assert {"first": "parked: auth: refused"} == resting
    assert 'pillarbox_relay_parked{relay="first"} 1.0' in metrics
    assert ("sent", "second") == scene.outcome(free)
    assert ("sent", "first") == scene.outcome(pinned)
    assert {} == worker.transport.resting()


def test_a_relay_that_hangs_holds_up_no_other_relays_mail(scene: RelayScene) -> None:
    """However many of its messages wait: another's finds a thread, and goes at once."""
    first, second = scene.serve(Script(greeting=[Silence()])), scene.serve()
    scene.relay("first", first.port)
    scene.relay("second", second.port)
    worker = scene.start()
    stuck = [scene.accept() for _ in range(3)]
    free = scene.accept(relay="second")
    threads = [threading.Thread(target=wake, args=(worker, "first")) for _ in range(12)]

    for each in threads:
        each.start()
    wait_until(lambda: first.served)
    wake(worker, "second")

    assert ("sent", "second") == scene.outcome(free)
    assert {("queued", None)} == {scene.outcome(each) for each in stuck}
    first.close()
    for each in threads:
        each.join()


def test_a_paused_relay_gets_no_mail_until_it_is_resumed(scene: RelayScene) -> None:
    """The operator's word holds over Redis' and the worker's lives."""
    first = scene.serve()
    scene.relay("first", first.port)
    scene.stores.orders.order("first", paused=True)
    worker = scene.start()
    waiting = scene.accept()

    wake(worker, "first")
    meanwhile = scene.outcome(waiting)
    scene.stores.orders.order("first", paused=False)
    wake(worker, "first")

    assert ("queued", None) == meanwhile
    assert ("sent", "first") == scene.outcome(waiting)


def test_recipients_of_one_message_go_by_their_own_relays(scene: RelayScene) -> None:
    """Two transactions, one message; each recipient says which relay took it."""
    first, second = scene.serve(), scene.serve()
    scene.relay("first", first.port)
    scene.relay("second", second.port)
    worker = scene.start()
    routes = tuple(ChosenRoute(Route(name, ROUTE.lane)) for name in ("first", "second"))
    sent = message("ada@x.test", "bob@y.test", routes=routes)
    scene.stores.accept(sent)

    wake(worker, "first")
    wake(worker, "second")

    view = scene.stores.view(sent.id)
    assert ["first", "second"] == [each.state.relay for each in view.recipients]
    assert "sent" == view.status
    assert 1 == len(first.last.messages) == len(second.last.messages)

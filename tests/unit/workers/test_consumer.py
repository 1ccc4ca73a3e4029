"""What the worker's command listens to."""

from contextlib import closing

from pillarbox.domain.lane import Lane
from pillarbox.flows.sweep import SweepResult
from pillarbox.queue.app import Role, make_app
from pillarbox.queue.names import DELIVER_QUEUES, QUEUES, SWEEP_QUEUE, TaskName
from tests.fakes.workers_relay import Hands
from workers.admission import Admission
from workers.consumer import make_worker
from workers.runtime import Runtime
from workers.tasks import register_tasks


class _Silent:
    def forget(self, _route: object) -> None: ...
    def swept(self, _result: object, _seconds: float) -> None: ...
    def store_away(self) -> None: ...
    def wake_received(self) -> None: ...


def _runtime() -> Runtime:
    return Runtime(
        flags=_Silent(),
        admission=Admission({}, 2),
        gather=lambda _route: None,
        dispatch=lambda _route: [],
        deliver=lambda _errand: False,
        sweep=lambda: SweepResult(0, 0, 0),
        purge=lambda: None,
        feel=lambda: None,
        observer=_Silent(),
        monotonic=Hands(),
    )


def test_every_queue_has_a_consumer() -> None:
    """A queue that nobody consumes is mail that nobody sends."""
    with closing(make_app("redis://127.0.0.1:1/0", role=Role.WORKER)) as app:
        worker = make_worker(app, 2)

        assert set(QUEUES) == set(worker.app.amqp.queues.consume_from)


def test_a_worker_takes_its_lanes_and_every_worker_sweeps() -> None:
    """Without the sweeps of a lone worker for lane low, nothing due would be found again."""
    with closing(make_app("redis://127.0.0.1:1/0", role=Role.WORKER)) as app:
        worker = make_worker(app, 2, lanes=(Lane.LOW,))

        assert {DELIVER_QUEUES[Lane.LOW], SWEEP_QUEUE} == set(worker.app.amqp.queues.consume_from)


def test_every_task_has_a_worker() -> None:
    """The service publishes by name; a name that is not registered is thrown away."""
    with closing(make_app("redis://127.0.0.1:1/0", role=Role.WORKER)) as app:
        register_tasks(app, _runtime())

        assert {name.value for name in TaskName} == {
            name for name in app.tasks if name.startswith("pillarbox.")
        }

from celery import Celery

from pillarbox.queue.names import TaskName
from workers.runtime import Runtime


def register_tasks(app: Celery, runtime: Runtime) -> None:
    """Give the app its tasks: each hands what it was sent to the runtime, and nothing else."""
    # Shared, since Celery's threads look a task up in the app that is current there: the default
    # one. What is not found there is dropped without a word, and nothing is ever delivered.

    @app.task(name=TaskName.DELIVER.value)  # type: ignore[untyped-decorator]  # no annotations
    def deliver(payload: object) -> None:
        runtime.deliver(payload)

    @app.task(name=TaskName.SWEEP.value)  # type: ignore[untyped-decorator]  # no annotations
    def sweep() -> None:
        runtime.sweep()

    @app.task(name=TaskName.PULSE.value)  # type: ignore[untyped-decorator]  # no annotations
    def pulse() -> None:
        runtime.feel()

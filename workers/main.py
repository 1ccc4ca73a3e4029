import gc
from contextlib import ExitStack

import structlog

from pillarbox.process import run_process
from pillarbox.queue.app import Role, make_app
from pillarbox.settings import Settings
from workers.composition import compose
from workers.consumer import make_worker, stop_on_signals
from workers.health import HealthServer
from workers.tasks import register_tasks

log = structlog.stdlib.get_logger(__name__)


def main() -> int:
    """Run a worker until SIGTERM or SIGINT; returns the exit status."""
    return run_process(run)


def run(settings: Settings) -> None:
    """Run a worker; raises `SettingError` before it has begun."""
    with ExitStack() as closing:
        worker = compose(settings)
        closing.callback(worker.close)
        app = make_app(settings.broker_url, role=Role.WORKER)
        closing.callback(app.close)
        register_tasks(app, worker.runtime)
        if settings.health_port is not None:
            server = HealthServer(settings.http_host, settings.health_port, worker.health)
            closing.callback(server.close)
            worker.backlog.start()
        consumer = make_worker(
            app, settings.worker_threads, worker.own_queue, lanes=settings.worker_lanes
        )
        # What is there now stays: the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        stop_on_signals(worker.stop)
        worker.start()
        log.info(
            "worker_started", threads=settings.worker_threads, lanes=list(settings.worker_lanes)
        )
        consumer.start()
        log.info("worker_ended")

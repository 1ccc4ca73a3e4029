"""The baseline's worker: `python -m bench.baseline.worker`, with Celery's default pool."""

from bench.baseline.mails import Config
from bench.baseline.tasks import make_celery

if __name__ == "__main__":
    make_celery(Config.read()).worker_main(["worker", "--loglevel", "warning"])

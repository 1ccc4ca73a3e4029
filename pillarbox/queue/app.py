"""The Celery app, the same for all that publish and all that consume.

1. A task is acknowledged when it begins. Acknowledging it late buys nothing on
   Redis: after a kill -9 it sits in `unacked` for the visibility timeout. The
   sweep is the recovery.
2. No result is kept, and nothing is scheduled through the broker: beyond the
   visibility timeout it would run twice (celery #3270, #7009).
3. Publishing while the broker is away fails at once; consuming waits for it.
"""

from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu.entity import Exchange, Queue

from pillarbox.queue.names import QUEUES, SWEEP_QUEUE

PUBLISH_CONNECT_SECONDS = 0.3
"""A broker that is there answers in a millisecond; one behind a black hole never does."""

SOCKET_SECONDS = 2.0
"""For a publisher's reads and writes: what a broker under load may take for a command."""

WORKER_SOCKET_SECONDS = 3.0
"""For a consumer's: a broker that hangs must not keep a worker from hearing that it is to end."""

HEALTH_CHECK_SECONDS = 10
"""A worker's half-open connection is noticed after twice this and a poll."""


class Role(StrEnum):
    """What a process does with the broker."""

    PUBLISHER = "publisher"
    WORKER = "worker"


def make_app(redis_url: str, *, role: Role) -> Celery:
    """Make the app; nothing is connected before it is used. Close it with `app.close()`."""
    app = Celery("pillarbox", broker=broker_url(redis_url), set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        enable_utc=True,
        timezone="UTC",
        task_acks_late=False,
        task_ignore_result=True,
        task_queues={name: {"exchange": name, "routing_key": name} for name in QUEUES},
        task_default_queue=SWEEP_QUEUE,
        task_create_missing_queues=False,
        task_publish_retry=False,
        task_send_sent_event=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_prefetch_multiplier=1,
        worker_enable_prefetch_count_reduction=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
    )
    if role is Role.PUBLISHER:
        app.conf.update(
            broker_connection_timeout=PUBLISH_CONNECT_SECONDS,
            broker_connection_max_retries=0,
            broker_transport_options={
                "max_retries": 0,
                "socket_timeout": SOCKET_SECONDS,
                "socket_connect_timeout": PUBLISH_CONNECT_SECONDS,
            },
        )
    else:
        app.conf.update(
            broker_connection_max_retries=None,
            broker_transport_options={
                "health_check_interval": HEALTH_CHECK_SECONDS,
                "socket_timeout": WORKER_SOCKET_SECONDS,
                "socket_connect_timeout": WORKER_SOCKET_SECONDS,
            },
        )
    return app


def own_queue(name: str) -> Queue:
    """Make a queue that one process consumes; on the nameless exchange it leaves no trace."""
    nameless = Exchange("")  # type: ignore[no-untyped-call]  # no annotations
    return Queue(name, nameless, routing_key=name)  # type: ignore[no-untyped-call]  # as above


def broker_url(redis_url: str) -> str:
    """Write a Redis URL as Celery's broker wants it.

    `unix://` is spelt otherwise there, and `rediss://` does not verify the
    server's certificate unless it is told to.
    """
    parts = urlsplit(redis_url)
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in parts.query:
        return f"{redis_url}{'&' if parts.query else '?'}ssl_cert_reqs=required"
    if parts.scheme != "unix":
        return redis_url
    userinfo, at, _ = parts.netloc.rpartition("@")
    query = parse_qs(parts.query)
    database = query["db"][0] if "db" in query else "0"
    return f"redis+socket://{userinfo}{at}{parts.path}?virtual_host={database}"

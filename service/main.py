"""The API's part of the composition root: one process of gunicorn's, wired."""

import gc

from flask import Flask

from pillarbox import bootstrap
from pillarbox.domain.key import KeyText
from pillarbox.process import run_process
from pillarbox.settings import Settings
from service.server import ServerOptions, serve


def main() -> int:
    """Run the API until SIGTERM or SIGINT; returns the exit status."""
    return run_process(_listen)


def _listen(settings: Settings) -> None:
    serve(
        lambda: _compose(settings),
        ServerOptions(
            host=settings.http_host,
            port=settings.http_port,
            processes=settings.api_processes,
            threads=settings.api_threads,
        ),
    )


def _compose(settings: Settings) -> Flask:
    """Wire the application, in a process of its own."""
    # Metrics choose their files when they are first imported: in this process, after the fork.
    from pillarbox.observe.catalogue import Role  # noqa: PLC0415
    from pillarbox.observe.metrics import Metrics  # noqa: PLC0415
    from pillarbox.observe.observer import LoggingObserver  # noqa: PLC0415
    from service.app import create_app  # noqa: PLC0415
    from service.large_blocks import give_back_large_blocks  # noqa: PLC0415
    from service.operators_key import OperatorsKey  # noqa: PLC0415
    from service.request_metrics import RequestMetrics  # noqa: PLC0415
    from service.room import Room  # noqa: PLC0415
    from service.services import Dependency, Limits, Services  # noqa: PLC0415

    give_back_large_blocks()
    metrics = Metrics(Role.API)
    observer = LoggingObserver(metrics)
    stores = bootstrap.open_stores(settings)
    keyring = bootstrap.make_keyring(stores)
    waker = bootstrap.make_waker(settings, observer, one_by_one=True)
    desk = bootstrap.make_relay_desk(settings, stores)
    dependencies = {
        "store": Dependency(stores.database.ping),
        "migrations": Dependency(bootstrap.migrations_ping(stores)),
        "broker": Dependency(waker.ping, fatal=False),
        "relays": Dependency(desk.ping, fatal=False),
    }
    if key := KeyText.parse(settings.bootstrap_key or ""):
        operators_key = OperatorsKey(keyring, key)
        operators_key.start()
        dependencies["operators_key"] = Dependency(operators_key.ping)
    app = create_app(
        Services(
            acceptor=bootstrap.make_acceptor(settings, stores, waker, observer),
            batch_acceptor=bootstrap.make_batch_acceptor(settings, stores, waker, observer),
            keyring=keyring,
            reading=bootstrap.make_reading(stores),
            reviser=bootstrap.make_reviser(settings, stores, waker, observer),
            relays=desk,
            eraser=bootstrap.make_eraser(stores, observer),
            observe_request=RequestMetrics(metrics.requests),
            render_metrics=metrics.render,
            tracer=bootstrap.make_tracer("pillarbox-api"),
            public_url=settings.base_url,
            clock=bootstrap.now,
            dependencies=dependencies,
            limits=Limits(
                settings.max_recipients,
                settings.max_request_bytes,
                frozenset(bootstrap.relays(settings)),
            ),
            # of the threads most are for what is small
            room=Room(settings.large_requests_bytes, most_waiting=settings.api_threads // 4),
        )
    )
    # What is there now stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    return app

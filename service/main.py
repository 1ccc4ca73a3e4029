"""The API's part of the composition root: one process of gunicorn's, wired."""

import sys

from flask import Flask

from pillarbox import bootstrap
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.key import KeyText
from pillarbox.settings import SettingError, Settings
from service.server import ServerOptions, serve


def main() -> int:
    """Run the API until SIGTERM or SIGINT; returns the exit status."""
    try:
        settings = bootstrap.load_settings()
        bootstrap.log_to_stderr(settings)
        _see_to_the_operators_key(settings)
    except (SettingError, StoreUnavailableError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    serve(
        lambda: _compose(settings),
        ServerOptions(
            host=settings.http_host,
            port=settings.http_port,
            processes=settings.api_processes,
            threads=settings.api_threads,
        ),
    )
    return 0


def _see_to_the_operators_key(settings: Settings) -> None:
    if settings.bootstrap_key is None:
        return
    text = KeyText.parse(settings.bootstrap_key)
    if text is None:
        raise SettingError("PILLARBOX_BOOTSTRAP_KEY", "is not a key")
    stores = bootstrap.open_stores(settings)
    try:
        bootstrap.make_keyring(stores).bootstrap(text)
    finally:
        stores.database.close()


def _compose(settings: Settings) -> Flask:
    """Wire the application; nothing is connected yet."""
    # Metrics choose their files when they are first imported: in this process, after the fork.
    from pillarbox.observe.metrics import Metrics  # noqa: PLC0415
    from pillarbox.observe.observer import LoggingObserver  # noqa: PLC0415
    from service.app import create_app  # noqa: PLC0415
    from service.request_metrics import RequestMetrics  # noqa: PLC0415
    from service.services import Dependency, Limits, Services  # noqa: PLC0415

    metrics = Metrics()
    observer = LoggingObserver(metrics)
    stores = bootstrap.open_stores(settings)
    waker = bootstrap.make_waker(settings, observer)
    return create_app(
        Services(
            acceptor=bootstrap.make_acceptor(settings, stores, waker, observer),
            keyring=bootstrap.make_keyring(stores),
            reading=bootstrap.make_reading(stores),
            observe_request=RequestMetrics(),
            render_metrics=metrics.render,
            public_url=settings.base_url,
            dependencies={
                "store": Dependency(stores.database.ping),
                "migrations": Dependency(bootstrap.migrations_ping(stores)),
                "broker": Dependency(waker.ping, fatal=False),
            },
            limits=Limits(settings.max_recipients, settings.max_request_bytes),
        )
    )

"""Probes and metrics of a process that serves no HTTP otherwise.

`/livez`: the process does its work. `/readyz`: what it stands on answers; each
check with its result, so that a person sees which does not. `/metrics`: for
Prometheus.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from pillarbox.flows.ports.surroundings import Ping
from pillarbox.settings import SettingError

READ_SECONDS = 5.0
"""A probe's request is one packet; who sends it more slowly holds a thread."""

log = structlog.stdlib.get_logger(__name__)


def _alive() -> bool:
    return True


def _no() -> bool:
    return False


def _nothing() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Health:
    """What is shown: `pings` by name of the dependency, `render` the metrics.

    What `lenient` names is told and fails nothing. `ending`: it was told to end,
    and takes nothing on. `alone`: it finds its work without the broker. `relays`
    says how each stands, `resting` names those that are left alone, and why; both
    fail nothing.
    """

    pings: Mapping[str, Ping]
    render: Callable[[], tuple[bytes, str]]
    lenient: frozenset[str] = frozenset()
    alive: Callable[[], bool] = field(default=_alive)
    ending: Callable[[], bool] = field(default=_no)
    alone: Callable[[], bool] = field(default=_no)
    relays: Callable[[], dict[str, str]] = field(default=_nothing)
    resting: Callable[[], dict[str, str]] = field(default=_nothing)

    def answer(self, path: str) -> tuple[HTTPStatus, bytes, str]:
        """Answer a GET: status, body, content type."""
        match path.partition("?")[0]:
            case "/livez":
                alive = self.alive()
                return _as_json({"live": alive}, good=alive)
            case "/readyz":
                return self._readiness()
            case "/metrics":
                body, content_type = self.render()
                return HTTPStatus.OK, body, content_type
            case _:
                return HTTPStatus.NOT_FOUND, b"not found\n", "text/plain; charset=utf-8"

    def _readiness(self) -> tuple[HTTPStatus, bytes, str]:
        found = {
            name: _look(ping, fatal=name not in self.lenient) for name, ping in self.pings.items()
        }
        ending = self.ending()
        ready = not ending and not any(each["error"] and each["fatal"] for each in found.values())
        document = {
            "ready": ready,
            "ending": ending,
            "alone": self.alone(),
            "dependencies": found,
            "relays": self.relays(),
            "relays_resting": self.resting(),
        }
        return _as_json(document, good=ready)


class HealthServer:
    """Serves `Health` until it is closed; raises `SettingError` if the port cannot be had."""

    def __init__(self, host: str, port: int, health: Health) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = READ_SECONDS

            def do_GET(self) -> None:  # named by the base class
                status, body, content_type = health.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's
                """Say nothing: a probe a second is no news."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        try:
            self._server = Server((host, port), Handler)
        except OSError as error:
            raise SettingError("PILLARBOX_HEALTH_PORT", f"{host}:{port}: {error}") from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="health")
        self._thread.daemon = True
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _look(ping: Ping, *, fatal: bool) -> dict[str, object]:
    """Ask one dependency; of what is wrong only the kind is told, since texts may hold secrets."""
    try:
        ping()
    except Exception as error:  # noqa: BLE001 - a ping raises whatever its client raises
        return {"status": "down", "fatal": fatal, "error": type(error).__name__}
    return {"status": "up", "fatal": fatal, "error": None}


def _as_json(document: Mapping[str, object], *, good: bool) -> tuple[HTTPStatus, bytes, str]:
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return status, json.dumps(document).encode() + b"\n", "application/json"

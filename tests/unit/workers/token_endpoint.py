"""A token endpoint (RFC 6749 3.2) on this machine that answers as a test says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl


class Endpoint(ThreadingHTTPServer):
    """Answers each POST with the next of `answers`, the last one again and again."""

    daemon_threads = False
    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()
        self.released.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast("Endpoint", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        server.asked.append(dict(parse_qsl(body)))
        server.headers.append(dict(self.headers))
        server.released.wait(10)
        status, answer = server.answers[min(len(server.asked), len(server.answers)) - 1]
        octets = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        if status in {301, 307}:
            self.send_header("Location", server.url)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

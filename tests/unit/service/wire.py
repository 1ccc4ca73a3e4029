"""A request and its answer as octets, through gunicorn's parser, the application and its writer."""

import re

from flask import Flask
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.parser import RequestParser

from service.server import ServerOptions, _configuration

_DATE = re.compile(rb"\r\nDate: [^\r]*")
_CLIENT, _SERVER = ("127.0.0.1", 50_000), ("127.0.0.1", 8080)


def parser_of(octets: bytes) -> RequestParser:
    """Return gunicorn's parser, set as ours is, before these octets."""
    config = Config()
    for name, value in _configuration(ServerOptions(host="127.0.0.1", port=8080)).items():
        config.set(name, value)
    return RequestParser(config, iter([octets]), _CLIENT)


def answer_of(app: Flask, octets: bytes) -> bytes:
    """Return what the application answers to a request, as it goes on the wire."""
    parser = parser_of(octets)
    request, wire = next(parser), _Wire()
    response, environ = wsgi.create(request, wire, _CLIENT, _SERVER, parser.cfg)
    body = app(environ, response.start_response)
    for piece in body:
        response.write(piece)
    response.close()
    return wire.written


def undated(answer: bytes) -> bytes:
    """Return an answer without the second in which it was written."""
    return _DATE.sub(b"", answer, count=1)


class _Wire:
    def __init__(self) -> None:
        self.written = b""

    def sendall(self, octets: bytes) -> None:
        self.written += octets

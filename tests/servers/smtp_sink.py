"""Postfix's smtp-sink: an SMTP server that takes everything, or misbehaves as told."""

import os

from tests.ports import LOOPBACK, answers, free_port
from tests.servers.folder import ServerFolder
from tests.servers.presence import require
from tests.servers.process import ServerProcess

BACKLOG = "256"


class SmtpSink:
    """Started when made, without TLS or AUTH; options as in smtp-sink(1); `close()` ends it."""

    def __init__(self, *options: str) -> None:
        program = require("smtp-sink (Postfix)", "smtp-sink")
        self.host = LOOPBACK
        self.port = free_port()
        self._folder = ServerFolder("smtp-sink")
        user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to stay root
        try:
            self._process = ServerProcess(
                [str(program), *user, *options, f"inet:{self.host}:{self.port}", BACKLOG],
                log=self._folder.path / "log",
                answers=lambda: answers(self.port, self.host),
            )
        except BaseException:
            self._folder.remove()
            raise

    @property
    def pid(self) -> int:
        """The server's process id, now."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Return it as `PILLARBOX_RELAY_URL` wants it."""
        return f"smtp://{self.host}:{self.port}"

    def close(self) -> None:
        """End it and remove its folder."""
        self._process.stop()
        self._folder.remove()

"""A Postfix in a folder of its own: laid out, started, ended by the pid that it wrote down."""

import os
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

import psutil

from tests.ports import LOOPBACK, answers
from tests.servers.folder import ServerFolder
from tests.servers.presence import lacking, require
from tests.servers.process import START_TIMEOUT, STOP_TIMEOUT, has_members, is_alive
from tests.waiting import wait_until

SERVER = "Postfix"


class PostfixInstance(ABC):
    """Started when made, and answering on each of its ports; `close()` leaves nothing.

    What it is for is said by `write`, which puts `main.cf` and `master.cf` into `etc`.
    """

    def __init__(self, ports: tuple[int, ...]) -> None:
        self._postfix = require(SERVER, "postfix")
        if os.geteuid() != 0:
            lacking(SERVER, "only root can start it")
        self._ports = ports
        self._folder = ServerFolder("postfix")
        try:
            self._folder.make("etc")
            self._folder.make("spool")
            self._folder.make("data", owner="postfix")
            self.write()
            self.start()
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def write(self) -> None:
        """Write its configuration, and whatever else it reads."""

    @property
    def root(self) -> Path:
        """The folder of all that it has; its queue is in `spool`."""
        return self._folder.path

    @property
    def etc(self) -> Path:
        """Where its configuration is."""
        return self.root / "etc"

    def log(self) -> str:
        """Read what Postfix has logged."""
        return (self.root / "spool" / "maillog").read_text(errors="replace")

    def start(self) -> None:
        """Start it, again after `stop`, on the same ports and with the same queue."""
        self._run("start")
        wait_until(
            lambda: all(answers(port, LOOPBACK) for port in self._ports),
            START_TIMEOUT,
            "Postfix answers on its ports",
        )

    def stop(self) -> None:
        """End it and its children by the pid that it wrote down."""
        master = self.master()
        if master is None:
            return
        group = master.pid  # it leads the group of all its children, those just born too
        master.terminate()
        wait_until(lambda: not has_members(group), STOP_TIMEOUT, "Postfix ends")

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        self._folder.remove()

    def master(self) -> psutil.Process | None:
        """Return the process that all its others are children of, if it runs."""
        try:
            pid = int((self.root / "spool" / "pid" / "master.pid").read_text())
            process = psutil.Process(pid)
            return process if is_alive(process) and process.name() == "master" else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def _run(self, action: str) -> None:
        subprocess.run(
            [self._postfix, "-c", self.etc, action],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            timeout=START_TIMEOUT,
        )

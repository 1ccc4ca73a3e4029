"""A module of this folder that listens on a port, run in a process of its own."""

from pathlib import Path
from typing import Final

from bench.systems.started import start_module
from tests.ports import answers, free_port
from tests.servers.folder import ServerFolder
from tests.waiting import wait_until

START_SECONDS: Final = 30.0
_ROOT: Final = Path(__file__).resolve().parents[2]


class OwnListener:
    """One such process, once it answers; `close()` ends it."""

    def __init__(self, name: str, *arguments: object) -> None:
        """`name` is the module's; its first argument is the port, then come these."""
        self.port = free_port()
        self._folder = ServerFolder(name.replace("_", "-"))
        try:
            self._process = start_module(
                f"bench.smtp.{name}",
                *map(str, (self.port, *arguments)),
                log=self._folder.path / f"{name}.log",
                variables={"PYTHONPATH": str(_ROOT)},
            )
            wait_until(lambda: answers(self.port), START_SECONDS, f"{name} answers")
        except BaseException:
            self._folder.remove()
            raise

    def close(self) -> None:
        """End it and remove its folder."""
        self._process.kill()
        self._folder.remove()

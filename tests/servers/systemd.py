"""What systemd makes of our units, without systemd: `systemctl` is noted, then done."""

import shlex
from configparser import RawConfigParser
from pathlib import Path

from tests.servers.process import ServerProcess

SYSTEMCTL = '#!/bin/sh\necho "$@" >> {calls}\n'


class Systemd:
    """The units of a folder, and the processes that were started from them.

    It knows of a unit what makes the process: the command, its environment,
    credentials, the instance's name; users and confinement are left to the real one.
    """

    def __init__(self, units: Path, folder: Path) -> None:
        self._units = units
        self._folder = folder
        self._calls = folder / "systemctl-calls"
        self.running: dict[str, ServerProcess] = {}

    @property
    def systemctl(self) -> str:
        """The program for the PATH."""
        return SYSTEMCTL.format(calls=self._calls)

    def heed(self) -> list[str]:
        """Do what `systemctl` was told since the last time; the units that were started."""
        calls = self._calls.read_text(encoding="utf-8").splitlines()
        self._calls.unlink()
        started = []
        for verb, *names in map(str.split, calls):
            if verb == "daemon-reload":
                continue
            assert verb in {"enable", "restart"}, verb
            for name in names:
                if name != "--now":
                    self.stop(name)
                    self.running[name] = self._start(name)
                    started.append(name)
        return started

    def stop(self, name: str) -> None:
        """End a unit if it runs, and see that it ends well."""
        process = self.running.pop(name, None)
        if process is not None:
            process.stop()
            assert process.wait(1) == 0, name

    def close(self) -> None:
        """End all that run, the scheduler and the workers before the API."""
        for name in sorted(self.running, key=lambda each: each == "pillarbox@api"):
            self.stop(name)

    def _start(self, name: str) -> ServerProcess:
        template, _, instance = name.partition("@")
        unit = RawConfigParser()
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # as the documentation has it
        unit.read_string((self._units / f"{template}@.service").read_text().replace("%i", instance))
        service = unit["Service"]
        environment = {"PATH": "/usr/bin:/bin"}
        for words in (service.get("Environment", ""), Path(service["EnvironmentFile"]).read_text()):
            environment |= dict(word.split("=", 1) for word in shlex.split(words))
        if "LoadCredential" in service:
            environment["CREDENTIALS_DIRECTORY"] = str(self._credentials(service["LoadCredential"]))
        command = service["ExecStart"]
        for variable, value in environment.items():
            command = command.replace(f"${{{variable}}}", value)
        log = self._folder / f"{name}.log"
        return ServerProcess(
            shlex.split(command), log=log, answers=lambda: True, environment=environment
        )

    def _credentials(self, loaded: str) -> Path:
        name, _, path = loaded.partition(":")
        folder = self._folder / "credentials"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(Path(path).read_bytes())
        return folder

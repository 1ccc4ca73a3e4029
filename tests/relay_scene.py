"""One worker over SQLite and scripted relays, woken by hand; no broker."""

import json
from contextlib import ExitStack
from pathlib import Path

from pillarbox.domain.message import ChosenRoute, Route
from pillarbox.settings import Settings
from pillarbox.store.migration import migrate
from tests.contract.mail import ROUTE, message
from tests.contract.stores import Stores
from tests.leaks import LeakError
from tests.ports import free_port
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from workers.composition import Worker, compose


class RelayScene:
    """A folder with a database and relays of a test's own; `closing` ends them all."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self.folder = folder
        self._closing = closing
        self._lines: list[str] = []
        self.url = f"sqlite:///{folder / 'pillarbox.sqlite3'}"
        migrate(self.url)
        self.stores = Stores.open(self.url)
        closing.callback(self.stores.database.close)
        closing.callback(self._refuse_leaks)

    def relay(
        self, name: str, port: int, login: str = "", scheme: str = "smtp", **fields: object
    ) -> None:
        """Configure a relay on this machine; `fields` are further ones of its table."""
        self._lines.append(f'[[relay]]\nname = "{name}"\n')
        self._lines.append(f'url = "{scheme}://{login}127.0.0.1:{port}"\n')
        self._lines += [f"{field} = {json.dumps(value)}\n" for field, value in fields.items()]

    def serve(self, *scripts: Script) -> ScriptedServer:
        """Start a relay."""
        return self._closing.enter_context(ScriptedServer(*scripts))

    def start(self) -> Worker:
        """Wire the worker."""
        file = self.folder / "relays.toml"
        file.write_text("".join(self._lines), encoding="utf-8")
        worker = compose(
            Settings(
                database_url=self.url,
                redis_url=f"redis://127.0.0.1:{free_port()}/0",
                relays_file=file,
            )
        )
        self._closing.callback(worker.close)
        return worker

    def accept(self, *fallbacks: str, relay: str = "first", text: str = "Thank you.") -> str:
        """Commit a message for a relay."""
        sent = message(routes=(ChosenRoute(Route(relay, ROUTE.lane), fallbacks),), text=text)
        self.stores.accept(sent)
        return sent.id

    def _refuse_leaks(self) -> None:
        if claims := self.stores.count("claims"):
            raise LeakError("claims", [f"{claims} of {self.url}"])

    def outcome(self, message_id: str) -> tuple[str, str | None]:
        """Read the status of a message's only recipient, and the relay that it was got from."""
        [[status, relay]] = self.stores.ask(
            "SELECT status, relay FROM recipients WHERE message_id = :id", id=message_id
        )
        return status, relay


def wake(worker: Worker, relay: str) -> None:
    """Let a worker carry what is due for a relay, on this thread."""
    worker.runtime.deliver({"v": 1, "relay": relay, "lane": "normal"})

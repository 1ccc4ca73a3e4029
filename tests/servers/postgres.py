"""A PostgreSQL of our own on a free loopback port, with as many databases as tests want."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.ports import LOOPBACK, free_port
from tests.servers.folder import ServerFolder
from tests.servers.presence import require
from tests.servers.process import ServerProcess

SUPERUSER = "postgres"

FLEETING = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""The data lives as long as the tests: nothing is written to survive a power cut."""

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": LOOPBACK,
    "timezone": "UTC",
}


class PostgresServer:
    """Started when made; `database()` is a fresh database's URL; `close()` leaves nothing.

    A `durable` one writes every commit to disk, and so costs what it costs in production.
    """

    def __init__(self, *, durable: bool = False) -> None:
        server = require("PostgreSQL", "postgres", *_versions())
        initdb = require("PostgreSQL", "initdb", *_versions())
        self.host = LOOPBACK
        self.port = free_port()
        self._server = server
        self._user = SUPERUSER if os.geteuid() == 0 else None  # it refuses to run as root
        self._folder = ServerFolder("postgres")
        self._count = 0
        self._settings = SETTINGS if durable else SETTINGS | FLEETING
        self._templates: dict[str, str] = {}
        try:
            self._initialise(initdb)
            self._process = self._start()
        except BaseException:
            self._folder.remove()
            raise

    @property
    def pid(self) -> int:
        """The server's process id, now."""
        return self._process.pid

    def database(self, template: str = "template0") -> str:
        """Make a fresh database, a copy of `template`; its SQLAlchemy URL."""
        self._count += 1
        name = f"test_{self._count}"
        self._create(name, template)
        return self.url(name)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Prepare a database once by its URL, for `database(template=…)` to copy; its name.

        `prepare` must leave no connection open: PostgreSQL copies only what nobody uses.
        """
        if name not in self._templates:
            self._create(name, "template0")
            prepare(self.url(name))
            self._templates[name] = name
        return self._templates[name]

    def login(self, url: str, user: str, password: str) -> str:
        """Let `user` own a database, and log in with that password alone; the URL for them.

        Whoever is made a member of that role needs a password too.
        """
        name = url.rpartition("/")[2]
        with self._connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(user), sql.Literal(password)
                )
            )
            connection.execute(
                sql.SQL("ALTER DATABASE {} OWNER TO {}").format(*map(sql.Identifier, (name, user)))
            )
            rules = self._folder.path / "data" / "pg_hba.conf"
            rule = f"host all +{user} {self.host}/32 scram-sha-256\n"
            rules.write_text(rule + rules.read_text(encoding="utf-8"), encoding="utf-8")
            connection.execute("SELECT pg_reload_conf()")
        return f"postgresql+psycopg://{user}:{quote(password, safe='')}@{url.rpartition('@')[2]}"

    def drop(self, url: str) -> None:
        """Drop a database whoever is still connected to it."""
        name = url.rpartition("/")[2]
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def recreate(self, url: str) -> None:
        """Make a database empty, whatever was in it."""
        self.drop(url)
        self._create(url.rpartition("/")[2], "template0")

    def url(self, database: str) -> str:
        """Return the URL of a database of this server, as `PILLARBOX_DATABASE_URL` wants it."""
        return f"postgresql+psycopg://{SUPERUSER}@{self.host}:{self.port}/{database}"

    def kill(self) -> None:
        """End the server and its sessions at once, as a crash would."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again on the same port with the same data, after `kill` or instead of it."""
        self._process.stop()
        self._process = self._start()

    def close(self) -> None:
        """End the server and remove its data."""
        self._process.stop()
        self._folder.remove()

    def _initialise(self, initdb: Path) -> None:
        data = self._folder.make("data", owner=self._user, mode=0o700)
        options = ["--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8"]
        subprocess.run(
            [initdb, "--no-sync", "--no-instructions", "--locale=C.UTF-8", *options, data],
            check=True,
            capture_output=True,
            user=self._user,
            group=self._user,
            extra_groups=() if self._user else None,
            cwd="/",
        )

    def _start(self) -> ServerProcess:
        settings = self._settings | {
            "port": str(self.port),
            "unix_socket_directories": str(self._folder.path / "data"),
        }
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        return ServerProcess(
            [str(self._server), "-D", str(self._folder.path / "data"), *options],
            log=self._folder.path / "log",
            answers=self._answers,
            user=self._user,
            stop_signal=signal.SIGINT,  # ends sessions; SIGTERM would wait for them
        )

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _create(self, name: str, template: str) -> None:
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=2,
        )


def _versions() -> list[Path]:
    """Debian's folders of binaries, the newest version first."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(folders, key=lambda folder: float(folder.parent.name), reverse=True)

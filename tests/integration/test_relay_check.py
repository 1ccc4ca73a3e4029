"""`pillarbox relay check`, as a person runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import LOOPBACK, free_port
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script, Silence
from tests.unit.workers.smtp.certificates import make_authority

SECRET = "s3cret"
PROGRAM = "from pillarbox.cli.entry import main; main()"


def _check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PILLARBOX_RELAYS_FILE": str(folder / "relays.toml"),
        "RELAY_PASSWORD": SECRET,
        "COLUMNS": "120",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "relay", "check", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def relays(tmp_path: Path) -> Iterator[Path]:
    """Configure one relay that is well, and one that is not there."""
    with ScriptedServer(Script(ehlo=("SIZE 1000", "AUTH PLAIN"))) as server:
        well = f"smtp://ada:${{RELAY_PASSWORD}}@{LOOPBACK}:{server.port}"
        gone = f"smtp://{LOOPBACK}:{free_port()}"
        lines = [
            f'[[relay]]\nname = "{name}"\nurl = "{url}"\n'
            for name, url in (("well", well), ("gone", gone))
        ]
        (tmp_path / "relays.toml").write_text("".join(lines), encoding="utf-8")
        yield tmp_path


def test_a_relay_that_is_well_is_shown_step_by_step(relays: Path) -> None:
    """Status 0, and no secret anywhere."""
    done = _check(relays, "well")

    assert 0 == done.returncode, done.stderr
    for word in (
        "well",
        "connect",
        "greeting",
        "ehlo",
        "auth",
        "noop",
        "vrfy",
        "quit",
        "SIZE 1000",
    ):
        assert word in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_without_a_name_all_are_walked_and_one_that_fails_is_status_1(relays: Path) -> None:
    done = _check(relays, "--json")

    found = {each["name"]: each for each in json.loads(done.stdout)["relays"]}
    assert 1 == done.returncode
    assert {"well": True, "gone": False} == {name: each["ok"] for name, each in found.items()}
    assert {"SIZE": ["1000"], "AUTH": ["PLAIN"]} == found["well"]["capabilities"]
    assert "connect" == found["gone"]["steps"][-1]["name"]
    assert SECRET not in done.stdout + done.stderr


def test_a_relay_that_is_not_configured_is_told_in_one_line(relays: Path) -> None:
    done = _check(relays, "nobody")

    assert 2 == done.returncode
    assert "there is no relay nobody; there are: well, gone\n" == done.stderr


def test_a_certificate_that_is_refused_is_shown_with_what_was_heard_before(tmp_path: Path) -> None:
    """Status 1, and all that a person needs to mend it."""
    tls = make_authority(tmp_path).server("another.test", common_name="relay.test")
    with ScriptedServer(Script(ehlo=("STARTTLS", "SIZE 7"), tls=tls)) as server:
        (tmp_path / "relays.toml").write_text(
            f'[[relay]]\nname = "odd"\nurl = "smtp+starttls://{LOOPBACK}:{server.port}"\n'
            'ca_file = "ca.pem"\n',
            encoding="utf-8",
        )
        done = _check(tmp_path, "odd")

    assert 1 == done.returncode, done.stderr
    for word in (
        "220 scripted.test", "CN=relay.test", "CN=test authority", "another.test", "valid:",
        "refused:    IP address mismatch", "SIZE 7",
    ):  # fmt: skip
        assert word in done.stdout


def test_the_relays_own_time_outs_are_kept_to(tmp_path: Path) -> None:
    """What a worker gives up is not called well."""
    with ScriptedServer(Script(greeting=[Silence()])) as server:
        (tmp_path / "relays.toml").write_text(
            f'[[relay]]\nname = "mute"\nurl = "smtp://{LOOPBACK}:{server.port}"\n'
            "[relay.timeouts]\ngreeting = 1\n",
            encoding="utf-8",
        )
        done = _check(tmp_path, "mute", "--json")

    steps = json.loads(done.stdout)["relays"][0]["steps"]
    assert 1 == done.returncode
    assert ["connect", "greeting"] == [step["name"] for step in steps]
    assert "took more than 1 s" in steps[-1]["detail"]


def test_a_certificate_that_cannot_be_used_is_a_failed_step_with_the_files_name(
    tmp_path: Path,
) -> None:
    """The worker would not start with it; here a person asks why."""
    (tmp_path / "own.pem").write_text("nothing", encoding="utf-8")
    (tmp_path / "relays.toml").write_text(
        '[[relay]]\nname = "own"\nurl = "smtps://127.0.0.1"\n'
        'client_cert_file = "own.pem"\nclient_key_file = "own.pem"\n',
        encoding="utf-8",
    )

    done = _check(tmp_path, "own", "--json")

    step = json.loads(done.stdout)["relays"][0]["steps"][0]
    assert ("client_cert_file", False) == (step["name"], step["ok"])
    assert str(tmp_path / "own.pem") in step["detail"]
    assert 1 == done.returncode

"""`pillarbox doctor` where there are relays of every kind, or SQLite."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pillarbox.store.migration import migrate
from tests.integration.examined import examined
from tests.ports import LOOPBACK
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import clean_environment
from tests.smtp_script import Script, Silence
from tests.unit.workers.smtp.certificates import make_authority


def test_each_relay_is_told_by_itself(tmp_path: Path) -> None:
    """Expired, of an unknown authority, hanging, refused, nowhere: and one that is well."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    soon = datetime.now(UTC) + timedelta(days=5, hours=1)
    authority = make_authority(tmp_path)
    scripts = {
        "well": Script(tls=authority.server(LOOPBACK, common_name="good", until=soon)),
        "expired": Script(tls=authority.server(LOOPBACK, common_name="old", until=yesterday)),
        "untrusted": Script(tls=authority.server(LOOPBACK, common_name="odd")),
        "hanging": Script(greeting=[Silence()]),
    }
    lines = []
    servers = {}
    for name, script in scripts.items():
        if script.tls is not None:
            script = Script(tls=script.tls, ehlo=("STARTTLS",))  # noqa: PLW2901 - offers it
        servers[name] = ScriptedServer(script)
        scheme = "smtp" if name == "hanging" else "smtp+starttls"
        lines.append(
            f'[[relay]]\nname = "{name}"\nurl = "{scheme}://{LOOPBACK}:{servers[name].port}"'
        )
        if name not in {"untrusted", "hanging"}:
            lines.append('ca_file = "ca.pem"')
    lines.append('[[relay]]\nname = "refused"\nurl = "smtp://127.0.0.1:1"')
    lines.append('[[relay]]\nname = "nowhere"\nurl = "smtps://relay.invalid"')
    (tmp_path / "relays.toml").write_text("\n".join(lines), encoding="utf-8")
    environment = clean_environment() | {"PILLARBOX_RELAYS_FILE": str(tmp_path / "relays.toml")}
    try:
        told = examined(environment, "relays", "dns")
    finally:
        for server in servers.values():
            server.close()

    by_relay = {
        each["about"]: (each["level"], f"{each['seen']} {each['advice']}")
        for each in reversed(told.findings)
        if each["check"] == "relays"
    }
    assert {
        *("well", "expired", "untrusted", "hanging", "refused", "nowhere"),
    } == set(by_relay)
    assert "ok" == by_relay["well"][0]
    assert "5 days left" in told.warnings()["relays"]
    assert {"fault"} == {level for name, (level, _) in by_relay.items() if name != "well"}
    for name, word in {
        "expired": "certificate has expired (CN=old by CN=test authority",
        "untrusted": "ca_file",
        "hanging": "fails at greeting: did not come within 10 s of all",
        "refused": "Connection refused",
        "nowhere": "relay.invalid",
    }.items():
        assert word in by_relay[name][1]
    assert "relay.invalid" in told.faults()["dns"]


def test_a_relay_whose_secret_cannot_be_read_is_told_by_its_file(
    tmp_path: Path,
) -> None:
    told = examined(
        clean_environment(),
        "relays",
        RELAY_URL="smtps://ada@relay.invalid",
        RELAY_PASSWORD_FILE=str(tmp_path / "gone"),
    )

    assert str(tmp_path / "gone") in told.faults()["relays"]


def test_a_sqlite_that_is_well_and_a_file_that_is_none(tmp_path: Path) -> None:
    environment = clean_environment() | {"PILLARBOX_STATE_DIR": str(tmp_path)}
    url = f"sqlite:///{tmp_path / 'pillarbox.sqlite3'}"
    migrate(url)

    told = examined(environment, "folders", "migrations", "database-clock", "backlog")
    (tmp_path / "pillarbox.sqlite3").write_bytes(b"no database at all" * 100)
    for log in tmp_path.glob("*-wal"):
        log.unlink()
    broken = examined(environment, "database")

    assert {} == told.faults()
    assert "MB are free" in told.text
    assert "not a database" in broken.faults()["database"]
    assert "backup" in broken.faults()["database"]

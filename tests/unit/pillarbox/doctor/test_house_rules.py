"""What is made of settings, folders, keys, processes and mail that waits."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pillarbox.doctor import (
    backlog,
    configuration,
    database,
    folders,
    keys,
    limits,
    processes,
)
from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, Level
from pillarbox.domain.address import SenderPattern
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import Breaker, RelayError, RelayState
from pillarbox.flows.ports.relays import WorkerReport
from pillarbox.settings_survey import load
from pillarbox.store.overdue import Overdue
from tests.unit.pillarbox.doctor.subjects import FAULT, KEY, NOW, OK, WARNING, subject_of


def _levels(found: Iterable[Finding]) -> list[Level]:
    return [each.level for each in found]


def _said(found: Iterable[Finding]) -> str:
    return "\n".join(f"{each.level}: {each.line}" for each in found)


def test_each_wrong_setting_is_a_fault_by_its_name_and_an_unknown_one_a_warning() -> None:
    """With the setting that was probably meant."""
    found = list(
        configuration.look(
            subject_of(
                LEASE="soon", HTTP_PORT="0", LOG_LEVELL="info", ACCEPTED_RECIPIENTS="4", QUUX="1"
            )
        )
    )

    assert [FAULT] * 3 == _levels(found[:3])
    assert {"PILLARBOX_LEASE", "PILLARBOX_HTTP_PORT", "PILLARBOX_LOG_LEVELL"} == {
        each.about for each in found[:3]
    }
    said = _said(found)
    assert "did you mean PILLARBOX_LOG_LEVEL?" in said
    assert "PILLARBOX_QUUX: there is no such setting, and it is ignored. Remove it" in said
    assert "PILLARBOX_MAX_RECIPIENTS?" in said


def test_good_settings_are_named_without_their_values() -> None:
    found = list(configuration.look(subject_of(REDIS_URL="redis://:hidden@host", LEASE="50")))

    assert [OK] == _levels(found)
    assert "PILLARBOX_LEASE, PILLARBOX_REDIS_URL" in found[0].seen
    assert "hidden" not in found[0].seen


@pytest.mark.parametrize("variable", ["DATABASE_URL", "STATE_DIR", "SETTINGS_FILE"])
def test_what_a_wrong_setting_decides_is_not_looked_at_by_its_default(variable: str) -> None:
    """The default database is another one: it says nothing of theirs."""
    subject = subject_of(DATABASE_URL="mysql://host", SETTINGS_FILE="/nowhere/at.all")

    with pytest.raises(CheckEndedError) as ended:
        list(database.look(subject))

    assert "is wrong" in ended.value.finding.seen
    assert variable


def test_a_folder_that_is_not_needed_may_be_missing(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")

    needed = next(folders.look(subject_of(STATE_DIR=gone)))
    half = next(folders.look(subject_of(STATE_DIR=gone, REDIS_URL="redis://host")))
    spared = next(
        folders.look(
            subject_of(
                STATE_DIR=gone, REDIS_URL="redis://host", DATABASE_URL="postgresql+psycopg://host"
            )
        )
    )

    assert (FAULT, FAULT, OK) == (needed.level, half.level, spared.level)
    assert "would hold the database and the broker" in needed.seen
    assert "would hold the database" in half.seen
    assert "PILLARBOX_STATE_DIR" in needed.advice


def test_a_folder_that_anybody_can_write_is_a_warning(tmp_path: Path) -> None:
    """It holds keys; and what is written to see that it can be is gone again."""
    tmp_path.chmod(0o777)
    [first, second] = folders.look(subject_of(STATE_DIR=str(tmp_path)))
    tmp_path.chmod(0o700)
    [again, _] = folders.look(subject_of(STATE_DIR=str(tmp_path)))

    assert (WARNING, OK, OK) == (first.level, second.level, again.level)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("soft", "level"), [(90, FAULT), (100, WARNING), (1100, OK), (-1, OK)])
def test_open_files_are_compared_with_what_the_processes_need(soft: int, level: Level) -> None:
    """Too few for a process is a fault; too few for callers' kept connections a warning."""
    assert level is limits.judged(soft, api=100, worker=95).level


def test_what_a_process_opens_follows_from_its_settings() -> None:
    few = load({"PILLARBOX_API_THREADS": "4", "PILLARBOX_WORKER_THREADS": "4"})
    many = load(
        {
            "PILLARBOX_API_THREADS": "4",
            "PILLARBOX_WORKER_THREADS": "104",
            "PILLARBOX_RELAY_URL": "smtps://a.test",
            "PILLARBOX_RELAY_CONNECTIONS": "50",
        }
    )

    assert 100 == limits.of_api(many) - limits.of_api(few)
    assert 150 == limits.of_worker(many) - limits.of_worker(few)


def _key(*, secret: str = "", revoked: bool = False, **fields: object) -> ApiKey:
    assert KEY is not None
    values: dict[str, object] = {
        "id": KEY.id,
        "name": "shop",
        "scopes": frozenset({Scope.SEND}),
        "senders": (SenderPattern("acme.test"),),
        "secret_sha256": secret.encode() or KEY.secret_sha256,
        "created_at": NOW,
        "revoked_at": NOW if revoked else None,
    } | fields
    return ApiKey(**values)  # type: ignore[arg-type]  # a test's own words


def test_somebody_must_be_able_to_send() -> None:
    """A key without senders may not, nor one without the scope, nor one that is no more."""
    other = KeyId("key_other")

    assert [OK] == _levels(keys.judged([_key()], None))
    for known in (
        [],
        [_key(revoked=True)],
        [_key(senders=())],
        [_key(scopes=frozenset({Scope.READ}))],
    ):
        assert [FAULT] == _levels(keys.judged(known, None))
    assert [OK] == _levels(keys.judged([], KEY))
    assert [OK, OK] == _levels(keys.judged([_key(), _key(id=other)], KEY))


def test_a_bootstrap_key_that_is_not_the_stored_one_is_told() -> None:
    """What is there is never changed: a new secret wants a new id."""
    changed = next(keys.judged([_key(secret="another")], KEY))
    revoked = next(keys.judged([_key(revoked=True)], KEY))

    assert (FAULT, WARNING) == (changed.level, revoked.level)
    assert "another id" in changed.advice
    assert "0123456789abcdef" not in changed.line


def _report(worker: str, **relays: RelayState) -> WorkerReport:
    return WorkerReport(worker, relays)


def test_without_a_worker_nothing_is_sent() -> None:
    assert [FAULT] == _levels(processes.judged([], {"a"}))
    assert [OK] == _levels(processes.judged([_report("w", a=RelayState())], {"a"}))


def test_a_worker_with_other_settings_and_a_relay_that_rests_are_warnings() -> None:
    error = RelayError("auth", "535 no", NOW)
    parked = RelayState(Breaker.PARKED, last_error=error)

    found = list(processes.judged([_report("w", a=parked), _report("v", b=RelayState())], {"a"}))

    assert [OK, WARNING, WARNING] == _levels(found)
    assert "a: v do not know it" in found[1].line
    assert "a: parked at w: 535 no" in found[2].line
    assert "/v1/relays/a/resume" in found[2].line


def test_another_installation_on_the_same_broker_is_a_warning() -> None:
    """They would take each other's wake-ups, and each its share of the other's relays."""
    assert [] == list(processes.alone({"db:5432/mail"}, "db:5432/mail"))
    assert [] == list(processes.alone((), "db:5432/mail"))

    [found] = processes.alone({"db:5432/mail", "db:5432/trial"}, "db:5432/mail")

    assert WARNING is found.level
    assert "another database: db:5432/trial; this one is db:5432/mail" in found.line
    assert "PILLARBOX_REDIS_URL" in found.advice


def test_a_lane_that_no_worker_takes_is_a_fault() -> None:
    """Its mail would wait for ever; workers of a release that did not say so are believed."""
    assert [OK] == _levels(processes.taken_by(list(Lane)))
    assert [] == list(processes.taken_by([]))
    [found] = processes.taken_by([Lane.HIGH, Lane.NORMAL])
    assert (FAULT, "low") == (found.level, found.about)


def test_wake_ups_that_nobody_takes_are_a_warning() -> None:
    waiting = {"pillarbox.deliver.high": 0, "pillarbox.deliver.low": 30}

    assert [OK] == _levels(processes._lanes(dict.fromkeys(waiting, 3)))
    [found] = processes._lanes(waiting)
    assert (WARNING, "pillarbox.deliver.low") == (found.level, found.about)


@pytest.mark.parametrize(
    ("overdue", "levels"),
    [
        (Overdue(0, 0.0, 0, 0.0), [OK]),
        (Overdue(500, 3.0, 1, 2.0), [OK]),
        (Overdue(1, 90.0, 0, 0.0), [WARNING]),
        (Overdue(0, 0.0, 2, 45.0), [OK, WARNING]),
    ],
)
def test_mail_that_is_late_and_claims_that_are_dead(overdue: Overdue, levels: list[Level]) -> None:
    """A few seconds are the time between two sweeps."""
    assert levels == _levels(backlog.judged(overdue))

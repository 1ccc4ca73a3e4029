"""What is exposed, and by whom."""

import re

import pytest

from pillarbox.observe.catalogue import Kind, Role
from pillarbox.observe.metrics import Metrics

CONVENTION = re.compile(r"pillarbox_[a-z]+(_[a-z]+)*")


def _families(role: Role) -> set[str]:
    text = Metrics(role).render()[0].decode()
    return set(re.findall(r"^# HELP (\S+) ", text, re.MULTILINE))


@pytest.mark.parametrize("role", list(Role))
def test_a_process_shows_what_its_role_counts_and_nothing_else(role: Role) -> None:
    """Zeros of what another counts would be summed, and drawn, and believed."""
    looked_at = {"pillarbox_oldest_due_message_seconds", "pillarbox_due_messages"}
    watched = looked_at | {"pillarbox_queue_observed_timestamp_seconds"}
    expected = {each.shown_name for each in Metrics().described if role in each.roles}

    assert expected - watched == _families(role)


def test_names_are_as_prometheus_wants_them() -> None:
    """Base units, spelt out, at the end; `_total` for what is counted, and for nothing else."""
    for each in Metrics().described:
        assert CONVENTION.fullmatch(each.name), each.name
        assert not re.search(r"_(total|count|sum|bucket|milliseconds|ms|minutes)$", each.name)
        if each.kind is Kind.HISTOGRAM:
            assert each.name.endswith("_seconds")
        assert each.sentence.endswith(".")
        assert each.roles


def test_names_and_attributes_are_once_each() -> None:
    names = [each.name for each in Metrics().described]

    assert sorted(set(names)) == sorted(names)


def test_which_release_runs_is_shown() -> None:
    """During a rolling update there are two."""
    text = Metrics(Role.SCHEDULER).render()[0].decode()

    labels = r'python_version="3[\d.]+",role="scheduler",version="\S+"'
    assert re.search(rf"^pillarbox_build_info\{{{labels}\}} 1\.0$", text, re.MULTILINE)


def test_what_can_be_known_beforehand_is_there_at_zero() -> None:
    """The first drop of a wake-up is a rise from zero, not a series that begins at one."""
    text = Metrics(Role.API).render()[0].decode()

    assert 'pillarbox_wakeups_total{result="dropped"} 0.0' in text.splitlines()


def test_when_series_began_is_not_shown() -> None:
    """It doubles them, and no query of ours asks."""
    assert "_created" not in Metrics().render()[0].decode()

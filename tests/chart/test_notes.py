"""What helm says after an installation is the next command to type."""

from typing import Any

import pytest

from tests.chart.matrix import EVERYTHING, EXTERNAL, MATRIX, SECRETS, TRIAL
from tests.chart.rendering import CHART, FULLNAME, NAMESPACE, RELEASE, helm, named, render


def _notes(values: dict[str, Any]) -> str:
    said = helm(
        "install",
        RELEASE,
        str(CHART),
        f"--namespace={NAMESPACE}",
        "--dry-run=client",
        "--hide-secret",
        values=values,
    )
    return said.partition("NOTES:\n")[2]


@pytest.mark.parametrize("name", MATRIX)
def test_what_is_named_is_there(name: str) -> None:
    """The commands can be pasted."""
    notes = _notes(MATRIX[name])
    objects = render(MATRIX[name])

    assert f"port-forward service/{FULLNAME} 8025:" in notes
    port = notes.partition("8025:")[2].split()[0]
    service = named(objects, "Service", FULLNAME)
    assert port == str(service["spec"]["ports"][0]["port"])
    deployments = {each["metadata"]["name"] for each in objects if each["kind"] == "Deployment"}
    told = {word.partition("/")[2] for word in notes.split() if word.startswith("deployment/")}
    assert told
    assert told <= deployments
    assert f"helm --namespace {NAMESPACE} test {RELEASE}" in notes


def test_a_key_is_read_or_made() -> None:
    """By the Secret that holds it; without one, by a command in a pod."""
    assert f'get secret {FULLNAME} --output go-template=\'{{{{ index .data "bootstrap-key"' in (
        _notes(EVERYTHING)
    )
    assert "get secret mail-key " in _notes(SECRETS)
    assert "pillarbox keys create" in _notes(EXTERNAL)


def test_the_secret_that_is_expected_is_named() -> None:
    """Where the values name none; nobody else is told of it."""
    assert "read from the Secret post-pillarbox-external." in _notes({})
    assert "post-pillarbox-external" not in _notes(EXTERNAL)


def test_no_secret_is_told() -> None:
    assert "secret@" not in _notes(EXTERNAL)
    assert EVERYTHING["bootstrapKey"]["value"] not in _notes(EVERYTHING)


def test_what_would_be_missed_is_told() -> None:
    """An Ingress whose controller the policies refuse; a trial that somebody takes for more."""
    public: dict[str, Any] = EXTERNAL | {"ingress": EVERYTHING["ingress"]}

    assert "networkPolicy.api.from" in _notes(public)
    assert "PILLARBOX_PUBLIC_URL is not set" in _notes(public)
    assert "NOTE" not in _notes(EVERYTHING)
    assert "for trials only" in _notes(TRIAL)

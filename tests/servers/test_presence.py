"""A missing server never goes unnoticed."""

import pytest

from tests.servers import presence


@pytest.fixture(autouse=True)
def _nothing_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "missing", {})


def test_a_missing_server_skips_the_test_and_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Nosuch: no nosuchd here"):
        presence.require("Nosuch", "nosuchd")
    assert list(presence.missing) == ["Nosuch"]


def test_in_ci_it_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI=true: Nosuch"):
        presence.require("Nosuch", "nosuchd")


def test_a_server_outside_of_path_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert str(presence.require("sh", "sh", "/bin")) == "/bin/sh"

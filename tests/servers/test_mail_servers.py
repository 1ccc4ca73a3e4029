"""The mail servers of the interoperation suite leave nothing behind, and say what is missing."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.ports import answers
from tests.servers import presence, unpacked
from tests.servers.aiosmtpd_server import AioSmtpdServer
from tests.servers.exim import EximServer
from tests.servers.mail_server import MailServer
from tests.servers.opensmtpd import OpenSmtpdServer
from tests.servers.process import has_members


@pytest.mark.real
@pytest.mark.parametrize("kind", [EximServer, OpenSmtpdServer, AioSmtpdServer])
def test_a_closed_server_leaves_no_process_and_no_folder(kind: type[MailServer]) -> None:
    with closing(kind()) as server:
        process, folder = server._process, server._folder.path
        assert process is not None
        assert answers(server.port)
        assert has_members(process.pid)
        assert folder.exists()
    assert not has_members(process.pid)
    assert not folder.exists()
    assert not answers(server.port)


@pytest.mark.parametrize("kind", [EximServer, OpenSmtpdServer])
def test_a_server_that_is_not_unpacked_is_missed_loudly(
    kind: type[MailServer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(presence, "missing", {})
    monkeypatch.setattr(unpacked, "CACHE", tmp_path)
    with pytest.raises(pytest.fail.Exception, match=f"CI=true: {kind.name}"):
        kind()
    assert [kind.name] == list(presence.missing)

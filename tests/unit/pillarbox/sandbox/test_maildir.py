"""Mails are whole files with their envelope before them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pillarbox.sandbox.maildir import Maildir, Submission

CONTENT = b"Subject: x\r\n\r\n.body\r\n"


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    kept = Maildir(tmp_path / "mails", now=lambda: datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    kept.prepare()
    return kept


def test_the_envelope_stands_before_the_content(maildir: Maildir) -> None:
    queue_id = maildir.keep(Submission("a@one.test", ["b@two.test", "ä@two.test"], CONTENT))
    lines = "Return-Path: <a@one.test>\r\nDelivered-To: b@two.test\r\nDelivered-To: ä@two.test\r\n"
    assert maildir.file_of(queue_id).read_bytes() == lines.encode() + CONTENT


def test_the_null_sender_is_an_empty_path(maildir: Maildir) -> None:
    queue_id = maildir.keep(Submission("", ["b@two.test"], CONTENT))
    assert maildir.file_of(queue_id).read_bytes().startswith(b"Return-Path: <>\r\n")


def test_a_name_has_the_time_and_the_id_and_is_never_given_twice(maildir: Maildir) -> None:
    ids = {maildir.keep(Submission("", ["b@two.test"], CONTENT)) for _ in range(20)}
    names = {path.name for path in (maildir.folder / "new").iterdir()}
    assert names == {f"1767323045.M000006Q{queue_id}.localhost" for queue_id in ids}
    assert len(names) == 20


def test_a_mail_that_was_read_is_found_where_it_is_now(maildir: Maildir) -> None:
    queue_id = maildir.keep(Submission("", ["b@two.test"], CONTENT))
    path = maildir.file_of(queue_id)
    read = path.rename(maildir.folder / "cur" / f"{path.name}:2,S")
    assert maildir.file_of(queue_id) == read


def test_what_cannot_be_kept_leaves_nothing(maildir: Maildir) -> None:
    (maildir.folder / "new").rmdir()
    with pytest.raises(FileNotFoundError):
        maildir.keep(Submission("", ["b@two.test"], CONTENT))
    assert list((maildir.folder / "tmp").iterdir()) == []


def test_an_unknown_id_is_not_found(maildir: Maildir) -> None:
    with pytest.raises(FileNotFoundError):
        maildir.file_of("0123456789AB")

"""What the relay plays for which recipient."""

import re
from pathlib import Path

import pytest

from pillarbox.sandbox import scene_memory
from pillarbox.sandbox.scene import AFTER_THE_MESSAGE, BEFORE_RECIPIENTS, LONGEST, Part, Stage
from pillarbox.sandbox.scene_memory import SceneMemory
from pillarbox.sandbox.scenes import SCENES, scene_table
from tests.unit.pillarbox.sandbox.talk import TOKEN, Talk, logged_in

PAGE = Path(__file__).resolve().parents[4] / "docs" / "sandbox.md"
DATA = b"DATA\r\n"
DOT = b"Subject: x\r\n\r\nx\r\n.\r\n"
LAST = b"BDAT 14 LAST\r\nSubject: x\r\n\r\n"


def _mail(*locals_: str) -> bytes:
    """Write a group: MAIL, and RCPT for each local part."""
    rcpts = (f"RCPT TO:<{local}@two.test>\r\n".encode() for local in locals_)
    return b"MAIL FROM:<a@one.test>\r\n" + b"".join(rcpts)


def test_the_documentation_has_the_table() -> None:
    """docs/sandbox.md says what the code plays, line by line."""
    assert scene_table() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "local", ["ada", "unknown", "full+1", "a.scene-unknown", "scene", "scenes", '"scene-unknown"']
)
def test_no_ordinary_address_meets_a_scene(local: str) -> None:
    """Whoever means a scene writes its prefix."""
    talk = logged_in()

    assert [250, 250, 354, 250] == [*talk.codes(_mail(local) + DATA), *talk.codes(DOT)]
    assert 1 == len(talk.kept)


def test_a_misspelt_scene_is_refused_by_name() -> None:
    """A test that misspells its scene must not pass."""
    answer = logged_in().say(_mail("scene-unknwon+1"))

    assert answer.endswith(b"553 5.1.3 there is no scene unknwon: see docs/sandbox.md\r\n")


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("scene-accepted", b"250 2.1.5 "),
        ("scene-unknown", b"550 5.1.1 "),
        ("Scene-Unknown+run.7", b"550 5.1.1 "),
        ("scene-full", b"552 5.2.2 "),
        ("scene-greylisted", b"450 4.2.0 "),
        ("scene-deferred", b"451 4.3.0 "),
        ("scene-closing", b"421 4.3.2 "),
    ],
)
def test_a_refusal_at_rcpt_is_that_recipients_alone(local: str, expected: bytes) -> None:
    """The next one is taken, unless the session has ended."""
    talk = logged_in()

    lines = talk.say(_mail(local, "ada")).splitlines()

    assert lines[1].startswith(expected)
    assert talk.is_closed is expected.startswith(b"421")
    assert talk.is_closed or lines[2] == b"250 2.1.5 Ok"


def test_greylisting_is_remembered_by_envelope_over_sessions() -> None:
    """Once for each pair of sender and recipient, not once for all."""
    memory = SceneMemory()
    first, second = logged_in(memory=memory), logged_in(memory=memory)

    assert [250, 450] == first.codes(_mail("scene-greylisted+1"))
    assert [250, 250, 450] == second.codes(_mail("scene-greylisted+1", "scene-greylisted+2"))


def test_any_scene_may_be_asked_for_once() -> None:
    """`+once`, among whatever else stands behind the plus."""
    talk = logged_in()
    mail = _mail("scene-rejected+a+once+3s")

    assert [250, 250, 354, 554] == [*talk.codes(mail + DATA), *talk.codes(DOT)]
    assert [250, 250, 250] == talk.codes(mail + LAST)
    assert 1 == len(talk.kept)


def test_a_scene_that_was_not_reached_is_not_over() -> None:
    """What an envelope asked for once is over when it was played, not when it was asked for."""
    talk = logged_in()
    mail = _mail("scene-rejected+once")

    talk.say(mail + b"RSET\r\n")

    assert [250, 250, 554] == talk.codes(mail + LAST)


def test_for_ever_is_for_ever() -> None:
    """451 each time."""
    talk = logged_in()

    assert [250, 451, 250] * 3 == talk.codes((_mail("scene-deferred") + b"RSET\r\n") * 3)


@pytest.mark.parametrize("content", [DATA + DOT, LAST])
def test_a_refusal_at_the_end_of_data_keeps_nothing(content: bytes) -> None:
    """554 for all recipients, and the session goes on."""
    talk = logged_in()

    assert 554 == talk.codes(_mail("ada", "scene-rejected") + content)[-1]
    assert [] == talk.kept
    assert [250] == talk.codes(b"NOOP\r\n")


def test_the_content_is_refused_in_its_middle() -> None:
    """421 before the end has come."""
    talk = logged_in()
    talk.say(_mail("scene-closing-content") + DATA)

    assert talk.say(b"Subject: ").startswith(b"421 4.3.2 ")
    assert talk.is_closed


@pytest.mark.parametrize(
    ("scene", "said", "replies"),
    [
        ("partial", DATA, b"250 2.1.5 Ok\r\n"),
        ("torn", DATA, b"250 2.1"),
        ("drop-rcpt", DATA, b""),
        ("drop-data", DATA, b"250 2.1.5 Ok\r\n"),
        ("drop-data", LAST, b"250 2.1.5 Ok\r\n"),
        ("drop-content", LAST, b"250 2.1.5 Ok\r\n"),
        ("drop-end", LAST, b"250 2.1.5 Ok\r\n"),
        ("drop-end-kept", LAST, b"250 2.1.5 Ok\r\n"),
    ],
)
def test_a_connection_is_dropped_where_the_scene_says(
    scene: str, said: bytes, replies: bytes
) -> None:
    """What was said before it, and nothing more; kept only where the scene says so."""
    talk = logged_in()

    answer = talk.say(_mail(f"scene-{scene}") + said)

    assert b"250 2.1.0 Ok\r\n" + replies == answer
    assert talk.is_cut
    assert scene.endswith("-kept") is bool(talk.kept)
    assert b"" == talk.say(b"NOOP\r\n")


@pytest.mark.parametrize("cut", [1, 12])
def test_the_middle_of_the_content_comes_after_354(cut: int) -> None:
    """Dropped with the first octets, long before the dot."""
    talk = logged_in()
    talk.say(_mail("scene-drop-content") + DATA)

    assert b"" == talk.say(DOT[:cut])
    assert talk.is_cut


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.CONTENT, Stage.END])
def test_a_hang_lasts_as_long_as_the_address_says_and_then_drops(stage: Stage) -> None:
    """Never for ever: a server that hangs must not leak."""
    [scene] = [
        name
        for name, each in SCENES.items()
        if each.stage is stage and name.startswith("hang-") and not each.keeps
    ]
    usual, short, long = logged_in(), logged_in(), logged_in()

    usual.say(_mail(f"scene-{scene}") + LAST)
    short.say(_mail(f"scene-{scene}+3s") + LAST)
    long.say(_mail(f"scene-{scene}+999s") + LAST)

    assert [[LONGEST], [3.0], [LONGEST]] == [usual.waited, short.waited, long.waited]
    assert usual.is_cut
    assert [] == usual.kept


@pytest.mark.parametrize("stage", sorted(BEFORE_RECIPIENTS))
def test_what_comes_before_recipients_is_played_in_the_next_session(stage: Stage) -> None:
    """Once: this session ends with 421, the next one hangs there, the one after takes the mail."""
    [name] = [name for name, each in SCENES.items() if each.stage is stage]
    mail = _mail(f"scene-{name}+3s")
    memory = SceneMemory()
    first = logged_in(memory=memory)
    assert 421 == first.codes(mail)[-1]
    assert first.is_closed

    second = Talk(memory=memory)
    for line in ("EHLO x", "STARTTLS", "EHLO x", f"AUTH PLAIN {TOKEN}", "MAIL FROM:<a@one.test>"):
        if not second.is_cut:
            second.say(f"{line}\r\n".encode())

    assert [3.0] == second.waited
    assert second.is_cut
    assert [250, 250, 250] == logged_in(memory=memory).codes(mail + LAST)


@pytest.mark.parametrize("stage", sorted(AFTER_THE_MESSAGE))
def test_what_comes_after_the_message_is_played_at_the_next_such_command(stage: Stage) -> None:
    """The recipient is taken, in this session and in all later ones; whoever says it hangs."""
    [name] = [name for name, each in SCENES.items() if each.stage is stage]
    mail = _mail(f"scene-{name}+3s") + LAST
    memory = SceneMemory()
    first, second, third = (logged_in(memory=memory) for _ in range(3))
    assert [250, 250, 250] == first.codes(mail)

    second.say(f"{stage}\r\n".encode())

    assert [3.0] == second.waited
    assert second.is_cut
    assert [250, 250, 250] == third.codes(mail)
    assert [250 if stage is Stage.RSET else 221] == third.codes(f"{stage}\r\n".encode())


def test_slow_is_each_reply_of_the_transaction() -> None:
    """RCPT, DATA and the end of data; the next transaction is as fast as ever."""
    talk = logged_in()

    talk.say(_mail("scene-slow+1s", "ada") + DATA)
    talk.say(DOT + _mail("ada") + LAST)

    assert [1.0, 1.0, 1.0, 1.0] == talk.waited
    assert 2 == len(talk.kept)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest envelope is forgotten first."""
    monkeypatch.setattr(scene_memory, "REMEMBERED", 2)
    memory = SceneMemory()
    for number in (1, 2, 1, 3):
        part = Part(SCENES["greylisted"], ("a@one.test", f"{number}"), is_once=True)
        memory.played(part)

    assert ["1", "3"] == [recipient for _, recipient in memory._over]


def test_the_names_are_words() -> None:
    """So that a plus always begins the tags."""
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in SCENES)

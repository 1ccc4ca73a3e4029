"""The main job against a real Postfix: a POST becomes a mail, and its outcome can be asked for."""

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.servers.database_setting import BOTH, database_setting
from tests.servers.installation import Installation
from tests.servers.postfix import PostfixServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = pytest.mark.keeps_open("the installation lives as long as the module")


def submission_url(postfix: PostfixServer, *, scheme: str = "smtp+starttls") -> str:
    """Return the URL of Postfix's submission service, credentials included."""
    port = {
        "smtp+starttls": postfix.port,
        "smtps": postfix.tls_port,
        "smtp": postfix.plain_port,
    }[scheme]
    login = f"{quote(postfix.user)}:{quote(postfix.password)}@" if scheme != "smtp" else ""
    return f"{scheme}://{login}localhost:{port}"


@pytest.fixture(scope="module", params=BOTH)
def installation(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postfix_relay: PostfixServer,
    redis_server: RedisServer,
) -> Iterator[Installation]:
    postfix_relay.forget()
    folder: Path = tmp_path_factory.mktemp(f"installation-{request.param}")
    settings: dict[str, object] = {
        "REDIS_URL": redis_server.database(),
        **database_setting(request, request.param),
        "RELAY_CA_FILE": postfix_relay.ca_file,
        "RETRY_BASE": 1,
    }
    with Installation(folder, relay_url=submission_url(postfix_relay), **settings) as running:
        yield running


def test_a_post_becomes_a_mail_at_the_relay_and_its_outcome_has_the_relays_reply(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """202, then `sent` with the relay's own 250, and the mail is there once."""
    message_id = installation.send(to="Ada <ada.first@example.com>")

    message = installation.wait_for(message_id)

    [recipient] = message["recipients"]
    assert "sent" == message["status"] == recipient["status"]
    assert 250 == recipient["reply"]["code"]
    assert "2.0.0" == recipient["reply"]["enhanced"]
    assert "queued as" in recipient["reply"]["text"]
    assert recipient["reason"] is None
    [mail] = wait_until(lambda: postfix_relay.mails(to="ada.first@example.com"))
    assert message["internet_message_id"] == mail.message["Message-ID"]
    assert "billing@acme.test" == mail.sender


def test_recipients_of_one_transaction_are_settled_each_with_its_own_reply(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """Some are taken, one is refused with 550, one is deferred with 450: all three are true."""
    message_id = installation.send(
        to=["taken@example.com", "unknown+1@example.com"], cc="greylisted+1@example.com"
    )

    message = installation.wait_for(message_id, "deferred")

    by_email = {each["email"]: each for each in message["recipients"]}
    assert "sent" == by_email["taken@example.com"]["status"]
    bounced = by_email["unknown+1@example.com"]
    assert ("bounced", "invalid_recipient") == (bounced["status"], bounced["category"])
    assert (550, "5.1.1", "RCPT") == tuple(
        bounced["reply"][name] for name in ("code", "enhanced", "command")
    )
    assert bounced["next_attempt_at"] is None
    deferred = by_email["greylisted+1@example.com"]
    assert "deferred" == deferred["status"]
    assert (450, "4.2.0", "RCPT") == tuple(
        deferred["reply"][name] for name in ("code", "enhanced", "command")
    )
    assert deferred["next_attempt_at"] is not None


def test_a_deferred_recipient_is_tried_again_from_the_database_and_only_it(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """Each recipient retries on its own; who was sent to once is not sent to again."""
    message_id = installation.send(to=["once@example.com", "greylisted+2@example.com"])

    def attempts() -> list[dict[str, object]]:
        answer = installation.get(f"/v1/messages/{message_id}/attempts").json()
        return list(answer["data"])

    installation.wait_for(message_id, "deferred")
    wait_until(lambda: len(attempts()) >= 2, 30, "a second attempt")
    message = installation.message(message_id)

    by_email = {each["email"]: each for each in message["recipients"]}
    assert 1 == by_email["once@example.com"]["attempts"]
    assert by_email["greylisted+2@example.com"]["attempts"] >= 2
    assert 1 == len(postfix_relay.mails(to="once@example.com"))


def test_the_attempts_tell_the_conversation_and_never_the_password(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """TLS, every step with its reply, and no credentials in any encoding."""
    message_id = installation.send(to="steps@example.com")
    installation.wait_for(message_id)

    answer = installation.get(f"/v1/messages/{message_id}/attempts")

    [attempt] = answer.json()["data"]
    assert attempt["tls"]["version"] in {"TLSv1.2", "TLSv1.3"}
    assert f"localhost:{postfix_relay.port}" == attempt["host"]
    commands = [step["command"] for step in attempt["steps"]]
    assert ["MAIL", "RCPT", "END-OF-DATA"] == commands[-3:]  # by BDAT, which needs no 354
    plain = base64.b64encode(f"\0{postfix_relay.user}\0{postfix_relay.password}".encode()).decode()
    for secret in (postfix_relay.password, plain):
        assert secret not in answer.text
        for process in ("api", "worker", "scheduler"):
            assert secret not in installation.log(process)


def test_the_source_is_what_the_relay_got(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """What `/source` shows are the bytes of the wire, before and after they were sent."""
    message_id = installation.send(to="source@example.com", html="<p>Thank you.</p>")
    before = installation.get(f"/v1/messages/{message_id}/source").content
    installation.wait_for(message_id)

    [mail] = postfix_relay.mails(to="source@example.com")

    assert before == installation.get(f"/v1/messages/{message_id}/source").content
    assert before == mail.submitted


def test_the_blind_copy_is_blind(installation: Installation, postfix_relay: PostfixServer) -> None:
    """Bcc gets the mail and stands nowhere in it."""
    message_id = installation.send(to="seen@example.com", bcc="unseen@example.com")
    installation.wait_for(message_id)

    [mail] = postfix_relay.mails(to="unseen@example.com")

    assert b"unseen" not in mail.submitted


def test_every_script_and_every_file_arrives_as_it_was(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """Subject, names, bodies and file names in any script; a file of any bytes."""
    blob = bytes(range(256)) * 4000
    text = "Здравствуйте\n.\n..two dots\nnaïve\r\nbare\rCR\n" + "long " * 400
    message_id = installation.send(
        **{
            "from": "Łódź Büro <billing@acme.test>",
            "to": {"email": "scripts@bücher.example", "name": "愛"},
            "subject": "Квитанция № 42 — 領収書 🧾",
            "text": text,
            "html": '<p>مرحبا <img src="cid:logo"></p>',
            "attachments": [
                {
                    "filename": "счёт №1.bin",
                    "content_type": "application/octet-stream",
                    "content": base64.b64encode(blob).decode(),
                },
                {
                    "filename": "logo.png",
                    "content_type": "image/png",
                    "content": base64.b64encode(b"\x89PNG").decode(),
                    "content_id": "logo",
                },
            ],
        }
    )
    message = installation.wait_for(message_id)
    assert "sent" == message["status"], message
    assert "scripts@bücher.example" == message["recipients"][0]["email"]

    [mail] = postfix_relay.mails(to="scripts@xn--bcher-kva.example")

    parsed = mail.message
    assert "Квитанция № 42 — 領収書 🧾" == parsed["Subject"]
    assert "Łódź Büro" == parsed["From"].addresses[0].display_name
    normalised = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    body = parsed.get_body(("plain",))
    assert body is not None
    assert normalised == body.get_content().replace("\r\n", "\n").rstrip("\n")
    files = {part.get_filename(): part for part in parsed.walk() if part.get_filename()}
    assert blob == files["счёт №1.bin"].get_payload(decode=True)
    assert "<logo>" == files["logo.png"]["Content-ID"]


def test_a_message_of_the_largest_size_is_carried(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """Attachments of any size, up to the limit of the message."""
    blob = bytes(7_000_000)
    message_id = installation.send(
        to="large@example.com",
        attachments=[
            {
                "filename": "zeros.bin",
                "content_type": "application/octet-stream",
                "content": base64.b64encode(blob).decode(),
            }
        ],
    )

    assert "sent" == installation.wait_for(message_id, timeout=60)["status"]


def test_a_local_part_beyond_ascii_travels_where_the_relay_offers_smtputf8(
    installation: Installation, postfix_relay: PostfixServer
) -> None:
    """RFC 6531: Postfix offers it."""
    message_id = installation.send(to="jürgen@example.com")

    assert "sent" == installation.wait_for(message_id)["status"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_implicit_tls_and_plain_port_25_work_too(
    tmp_path: Path, postfix_relay: PostfixServer, redis_server: RedisServer, scheme: str
) -> None:
    """Ports 465 and 25, beside 587."""
    with Installation(
        tmp_path,
        relay_url=submission_url(postfix_relay, scheme=scheme),
        REDIS_URL=redis_server.database(),
        RELAY_CA_FILE=postfix_relay.ca_file,
    ) as running:
        message_id = running.send(to=f"{scheme}@example.com")

        assert "sent" == running.wait_for(message_id)["status"]


def test_a_certificate_that_nobody_vouches_for_is_refused_and_costs_the_message_nothing(
    tmp_path: Path, postfix_relay: PostfixServer, redis_server: RedisServer
) -> None:
    """Without the CA there is no TLS, so there is no AUTH and no MAIL: the message waits."""
    with Installation(
        tmp_path, relay_url=submission_url(postfix_relay), REDIS_URL=redis_server.database()
    ) as running:
        message_id = running.send(to="waits@example.com")
        wait_until(lambda: "certificate" in running.log("worker").lower(), 20, "a log line")

        message = running.message(message_id)

    assert message["status"] in {"queued", "deferred"}
    assert 0 == message["recipients"][0]["attempts"]
    assert [] == postfix_relay.mails(to="waits@example.com")

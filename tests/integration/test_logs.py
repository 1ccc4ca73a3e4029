"""What a whole installation logs at its most talkative, and what it never does."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.servers.aiosmtpd_server import AioSmtpdServer
from tests.servers.installation import KEY, Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

BODY = "marker-of-the-body-4711"
SUBJECT = "marker-of-the-subject-4712"
PERSON = "marker-of-a-person-4713"
SENDER = "marker-of-a-sender-4714"
NAME = "Marker-of-a-Name-4715"
FILE = "marker-of-a-file-4716"
WRONG = "marker-of-a-wrong-password-4717"
PROCESSES = ("api", "worker", "scheduler")
DOCUMENT = {
    "from": f"{NAME} <{SENDER}@acme.test>",
    "subject": SUBJECT,
    "text": BODY,
    "html": f"<p>{BODY}</p>",
    "attachments": [
        {
            "filename": f"{FILE}.txt",
            "content": base64.b64encode(FILE.encode()).decode(),
            "content_type": "text/plain",
        }
    ],
}


def _url(relay: AioSmtpdServer, password: str) -> str:
    credentials = f"{quote(relay.user, safe='')}:{quote(password, safe='')}"
    return f"smtp+starttls://{credentials}@{relay.host}:{relay.port}"


def _shapes(secret: str) -> set[str]:
    """Return how a secret may look: as it is, quoted, and in base64 wherever it begins."""
    octets = secret.encode()
    shifted = (base64.b64encode(b"\0" * shift + octets).decode()[4:-4] for shift in range(3))
    return {secret, quote(secret), quote(secret, safe=""), *shifted}


def _lines(running: Installation, process: str) -> list[dict[str, Any]]:
    """Read a log; every line is a document of its own, or this fails."""
    return [json.loads(line) for line in running.log(process).splitlines()]


@pytest.fixture(scope="module")
def secrets(aiosmtpd_relay: AioSmtpdServer) -> dict[str, set[str]]:
    """List what no log holds, whatever happens."""
    plain = f"\0{aiosmtpd_relay.user}\0{aiosmtpd_relay.password}".encode()
    return {
        "body": _shapes(BODY),
        "subject": _shapes(SUBJECT),
        "name": {NAME},
        "file": _shapes(FILE),
        "password": _shapes(aiosmtpd_relay.password) | {base64.b64encode(plain).decode()},
        "wrong password": _shapes(WRONG),
        "key": {KEY, KEY.rpartition("_")[2]},
    }


@pytest.fixture
def settings(
    tmp_path: Path, redis_server: RedisServer, aiosmtpd_relay: AioSmtpdServer
) -> dict[str, object]:
    return {
        "RELAY_CA_FILE": aiosmtpd_relay.ca_file,
        "REDIS_URL": redis_server.database(),
        "LOG_LEVEL": "debug",
    }


@pytest.fixture
def talkative(
    tmp_path: Path, settings: dict[str, object], aiosmtpd_relay: AioSmtpdServer
) -> Iterator[Installation]:
    """Start an installation that says all it can."""
    relay_url = _url(aiosmtpd_relay, aiosmtpd_relay.password)
    with Installation(tmp_path, relay_url=relay_url, **settings) as running:
        yield running


def _leaked(running: Installation, secrets: dict[str, set[str]]) -> list[tuple[str, str, str]]:
    return [
        (process, what, line)
        for process in PROCESSES
        for line in running.log(process).splitlines()
        for what, shapes in secrets.items()
        if any(shape in line for shape in shapes)
    ]


def _live(running: Installation) -> str:
    """Meet success, refusal and rubbish, by every way in; the id of a message that was sent."""
    sent = running.post({**DOCUMENT, "to": [f"{PERSON}@example.com"]})
    refused = running.post({**DOCUMENT, "to": [f"unknown@{PERSON}.test"]})
    deferred = running.post({**DOCUMENT, "to": [f"greylisted@{PERSON}.test"]})
    batch = {"messages": [{**DOCUMENT, "to": f"{PERSON}@example.com"}] * 2}
    assert running.post(batch, "/v1/messages/batch").status_code == 202
    assert running.post({**DOCUMENT, "to": f"{PERSON} {BODY}"}).status_code == 422
    assert running.post({**DOCUMENT, "to": f"{PERSON}@b.test", SUBJECT: BODY}).status_code == 422
    running.get("/v1/messages?recipient=" + quote(f"{PERSON}@example.com"))
    running.wait_for(sent.json()["id"])
    running.wait_for(refused.json()["id"])
    running.wait_for(deferred.json()["id"], "deferred")
    for path in ("attempts", "source"):
        assert running.get(f"/v1/messages/{sent.json()['id']}/{path}").status_code == 200
    erased = running.post({"email": f"{PERSON}@example.com"}, "/v1/erasures")
    assert erased.status_code < 300, erased.text
    return str(sent.json()["id"])


def test_neither_mail_nor_secrets_nor_people_are_in_any_line(
    talkative: Installation, secrets: dict[str, set[str]]
) -> None:
    """Of all libraries, at `debug`; and each line is a document, tracebacks too."""
    _live(talkative)

    assert [] == _leaked(talkative, secrets | {"person": {f"{PERSON}@"}, "sender": {SENDER}})
    for process in PROCESSES:
        for line in _lines(talkative, process):
            assert {"event", "level", "timestamp"} <= set(line)


def test_one_message_is_followed_from_its_request_to_its_claim(talkative: Installation) -> None:
    """The request's id names the message, the message's the claim, the claim's the connection."""
    answer = talkative.post(
        {**DOCUMENT, "to": [f"{PERSON}@example.com"]}, **{"X-Request-Id": "callers-own-4719"}
    )
    message = answer.json()["id"]
    talkative.wait_for(message)
    wait_until(lambda: message in talkative.log("worker"), 10, "the worker says so")

    [request] = [
        line for line in _lines(talkative, "api") if line.get("request_id") == "callers-own-4719"
    ]
    said = [line for line in _lines(talkative, "worker") if message in json.dumps(line)]
    [attempt] = [line for line in said if line["event"] == "message_attempted"]
    [group] = [line for line in said if line["event"] == "messages_sent"]
    assert message == request["message_id"]
    assert message == attempt["message_id"]
    assert attempt["claim_id"] == group["claim_id"]
    assert attempt["claim_id"].startswith("clm_")
    assert {"relay", "host", "lane"} <= set(attempt)


def test_people_are_named_where_the_operator_asks_for_it(
    tmp_path: Path,
    settings: dict[str, object],
    aiosmtpd_relay: AioSmtpdServer,
    secrets: dict[str, set[str]],
) -> None:
    """A relay's reply quotes them; secrets still stand nowhere."""
    relay_url = _url(aiosmtpd_relay, aiosmtpd_relay.password)
    with Installation(tmp_path, relay_url=relay_url, LOG_ADDRESSES=True, **settings) as running:
        refused = running.post({**DOCUMENT, "to": [f"unknown@{PERSON}.test"]})
        running.wait_for(refused.json()["id"])
        wait_until(lambda: refused.json()["id"] in running.log("worker"), 10, "it is said")

        assert [] == _leaked(running, secrets)


def test_what_goes_wrong_tells_no_secret(
    tmp_path: Path,
    settings: dict[str, object],
    aiosmtpd_relay: AioSmtpdServer,
    secrets: dict[str, set[str]],
) -> None:
    """A refused password is in the reply's story, and never in its words."""
    with Installation(tmp_path, relay_url=_url(aiosmtpd_relay, WRONG), **settings) as running:
        running.post({**DOCUMENT, "to": [f"{PERSON}@example.com"]})
        wait_until(lambda: "relay_parked" in running.log("worker"), 20, "the relay is parked")

        assert [] == _leaked(running, secrets | {"person": {f"{PERSON}@"}, "sender": {SENDER}})

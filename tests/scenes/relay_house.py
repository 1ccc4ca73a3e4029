"""A whole installation before a sandbox relay that plays scenes, and what became of each mail."""

import secrets
from collections import Counter
from pathlib import Path

from pillarbox.sandbox.certificate import keep_certificate
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import SandboxRelay
from tests.ports import LOOPBACK
from tests.servers.installation import Document, Installation
from tests.servers.kept_mail import KeptMail, kept_mails
from tests.servers.left_behind import claims_left, leases_left
from tests.waiting import wait_until

CONNECTIONS = 4
USER = "mailer"
PASSWORD = "a-secret"
SETTINGS = {
    "RETRY_BASE": 1,
    "SWEEP": 0.2,
    "RELAY_CONNECTIONS": CONNECTIONS,
    "RELAY_IDLE_TIMEOUT": 2,
}

PATIENCE = 60.0
"""Seconds for a message's way, retries and a relay that rests included."""


class Stage:
    """A sandbox relay of a test's own, and the URL by which to reach it.

    Without `has_chunking` no content is handed over before its recipients were answered.
    """

    def __init__(self, folder: Path, *, has_chunking: bool = False) -> None:
        certificate = keep_certificate(folder / "tls")
        self.ca_file = certificate.ca_file
        self._mails = folder / "mails"
        self.relay = SandboxRelay(
            LOOPBACK,
            0,
            certificate,
            Credentials(USER, PASSWORD),
            Maildir(self._mails),
            has_chunking=has_chunking,
        )

    @property
    def url(self) -> str:
        """As `PILLARBOX_RELAY_URL` has it."""
        return f"smtp+starttls://{USER}:{PASSWORD}@{LOOPBACK}:{self.relay.port}"

    def mails(self) -> list[KeptMail]:
        """Read what it has kept."""
        return kept_mails(self._mails)


class House:
    """An installation and its one relay; each `scene` goes to a domain of its own."""

    def __init__(self, installation: Installation, stage: Stage) -> None:
        self.installation = installation
        self.stage = stage

    def send(self, *locals_: str, **fields: object) -> str:
        """Send a message to local parts at a fresh domain; its id."""
        domain = f"{secrets.token_hex(4)}.example"
        return self.installation.send(to=[f"{each}@{domain}" for each in locals_], **fields)

    def wait_for(self, message_id: str, *statuses: str) -> Document:
        """Wait until a message has one of these statuses."""
        return self.installation.wait_for(message_id, *statuses, timeout=PATIENCE)

    def outcomes(self, message_id: str) -> list[str]:
        """Return what each attempt came to, the oldest first."""
        answer = self.installation.get(f"/v1/messages/{message_id}/attempts").json()
        return [str(each["outcome"]) for each in answer["data"]]

    def replies(self, message_id: str, command: str) -> list[int]:
        """Return the codes that a command was answered with, over all attempts."""
        answer = self.installation.get(f"/v1/messages/{message_id}/attempts").json()
        return [
            int(step["reply"]["code"])
            for attempt in answer["data"]
            for step in attempt["steps"]
            if step["command"] == command and step["reply"] is not None
        ]

    def wait_for_outcomes(self, message_id: str, count: int) -> list[str]:
        """Wait until there were so many attempts, and return what they came to."""
        wait_until(lambda: len(self.outcomes(message_id)) >= count, PATIENCE, f"{count} attempts")
        return self.outcomes(message_id)

    def kept(self, message: Document) -> Counter[str]:
        """Count how often the relay has kept a message, by the recipient's local part."""
        return Counter(
            recipient.partition("@")[0]
            for mail in self.stage.mails()
            if mail.message["Message-ID"] == message["internet_message_id"]
            for recipient in mail.recipients
        )

    def others_flow_on(self, count: int = 3) -> None:
        """See that ordinary messages are sent, each once or after an honest `uncertain`."""
        ids = [self.send("ada") for _ in range(count)]
        for message_id in ids:
            message = self.wait_for(message_id, "sent")
            self.balance(message)

    def holds_nothing(self) -> bool:
        """Whether, for a moment at least, every claim, place and lease has been given back.

        What leaked would be held at every moment.
        """
        database, broker = self.installation.database_url, self.installation.redis_url
        [relay] = self.installation.get("/v1/relays").json()["data"]
        return (
            claims_left(database) == 0
            and relay["connections"]["in_use"] == 0
            and leases_left(broker) == self.stage.relay.connections
        )

    def balance(self, message: Document) -> None:
        """See that nothing is lost, and nothing doubled but after an honest `uncertain`."""
        kept = self.kept(message)
        uncertain = self.outcomes(message["id"]).count("uncertain")
        for recipient in message["recipients"]:
            copies = kept[recipient["email"].partition("@")[0]]
            least = 1 if recipient["status"] == "sent" else 0
            assert least <= copies <= least + uncertain, (recipient, copies, uncertain)


def by_local_part(message: Document) -> dict[str, Document]:
    """Return a message's recipients by local part, without tags and `scene-`."""
    return {
        each["email"].partition("@")[0].partition("+")[0].removeprefix("scene-"): each
        for each in message["recipients"]
    }

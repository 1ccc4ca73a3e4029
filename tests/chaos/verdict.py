"""The sum: what was accepted is what became of it, and the relay's own mails agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.accounting import UNDER_WAY, Account
from tests.chaos.house import House
from tests.chaos.mix import Mail
from tests.servers.installation import Document

Arrival = tuple[str, str]
"""Message-ID and recipient."""


@dataclass(slots=True)
class Verdict:
    """What became of everything; `faults` is empty if the promise was kept."""

    messages: int = 0
    recipients: Counter[str] = field(default_factory=Counter)
    """By status; their sum is what was accepted."""
    doubled: int = 0
    """Recipients that a mail reached more than once, each after an honest `uncertain`."""
    uncertain_attempts: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        fates = sorted(self.recipients.items())
        return (
            f"{self.messages} messages were accepted, for {self.recipients.total()} recipients"
            f" = {' + '.join(f'{count} {status}' for status, count in fates)};"
            f" {self.uncertain_attempts} attempts were uncertain, {self.doubled} recipients have"
            " a mail more than once, each of them after an uncertain attempt"
        )


def judge(house: House, posted: Mapping[str, Mail], accepted: Mapping[str, str]) -> Verdict:
    """Compare what was posted, what is stored and what the relay has kept."""
    account = Account(house.running)
    stored = {message["id"]: message for message in account.messages}
    verdict = Verdict(messages=len(stored), recipients=account.recipients)
    faults = verdict.faults
    faults += [f"{key} was never accepted" for key in sorted(set(posted) - set(accepted))]
    faults += [f"{lost} was accepted, and is lost" for lost in account.lost(accepted.values())]
    ghosts = set(stored) - set(accepted.values())
    faults += [f"{ghost} is stored, and was never accepted" for ghost in sorted(ghosts)]
    if verdict.recipients[UNDER_WAY]:
        faults.append(f"{verdict.recipients[UNDER_WAY]} recipients are still under way")

    arrived: Counter[Arrival] = Counter(
        (str(mail.message["Message-ID"]), recipient)
        for mail in house.stage.mails()
        for recipient in mail.recipients
    )
    expected = 0
    for key, message_id in accepted.items():
        message = stored.get(message_id)
        if message is not None:
            expected += len(posted[key].recipients)
            if posted[key].recipients != [each["email"] for each in message["recipients"]]:
                faults.append(f"{message_id} has other recipients than were posted")
            _judge_message(house, message, arrived, verdict)
    if expected != verdict.recipients.total():
        faults.append(f"{expected} recipients were accepted, {verdict.recipients.total()} stored")
    known = {message["internet_message_id"] for message in stored.values()}
    faults += [f"the relay has {one}, which nobody sent" for one, _ in arrived if one not in known]
    return verdict


def _judge_message(
    house: House, message: Document, arrived: Mapping[Arrival, int], verdict: Verdict
) -> None:
    counts = [
        (recipient, arrived.get((message["internet_message_id"], recipient["email"]), 0))
        for recipient in message["recipients"]
    ]
    is_plain = all(
        count == (recipient["status"] == "sent") and recipient["attempts"] == 1
        for recipient, count in counts
    )
    if is_plain:
        return
    path = f"/v1/messages/{message['id']}/attempts"
    attempts = house.running.get(path).json()["data"]
    uncertain = sum(each["outcome"] == "uncertain" for each in attempts)
    verdict.uncertain_attempts += uncertain
    for recipient, count in counts:
        who = f"{message['id']} to {recipient['email']} ({recipient['status']})"
        if recipient["status"] == "sent" and not count:
            verdict.faults.append(f"{who} has not arrived")
        if count > (recipient["status"] == "sent") + uncertain:
            verdict.faults.append(f"{who} arrived {count} times, after {uncertain} uncertain")
            verdict.faults.append(f"its attempts: {attempts}")
        verdict.doubled += count > 1

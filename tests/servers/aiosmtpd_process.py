"""A process that serves SMTP by aiosmtpd and keeps every mail; started by `AioSmtpdServer`."""

import asyncio
import json
import signal
import ssl
import sys
from dataclasses import asdict, dataclass
from functools import partial
from hmac import compare_digest
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pillarbox.sandbox.maildir import Maildir, Submission

REFUSALS = {"unknown": "550 User unknown", "greylisted": "450 Greylisted"}
"""What RCPT answers by local part."""

ENDLESS = sys.maxsize


@dataclass(frozen=True, slots=True)
class Wishes:
    """How it is to be: `transactions` is the most that a session may carry, 0 for any number."""

    host: str
    port: int
    tls_port: int
    user: str
    password: str
    certificate_file: str
    key_file: str
    inbox: str
    size_limit: int
    transactions: int = 0

    def written(self) -> str:
        """Write them on one line, for a command."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `written` wrote."""
        return cls(**json.loads(text))


class Keeper:
    """aiosmtpd's handler: refuses by recipient, and keeps the rest, once for each of them."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = Maildir(inbox)
        self._inbox.prepare()

    async def handle_RCPT(  # noqa: N802 - the names of its hooks are aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, to: str, options: list[str]
    ) -> str:
        """Answer RCPT."""
        refusal = REFUSALS.get(to.partition("@")[0])
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(to)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the same
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer the end of data."""
        content = bytes(envelope.original_content or b"")
        for to in envelope.rcpt_tos:
            self._inbox.keep(Submission(envelope.mail_from or "", [to], content))
        return "250 OK: kept"


def authenticate(
    wishes: Wishes,
    _server: SMTP,
    _session: Session,
    _envelope: Envelope,
    _mechanism: str,
    login: object,
) -> AuthResult:
    """Say whether these are the right credentials."""
    right = isinstance(login, LoginPassword) and (
        compare_digest(login.login, wishes.user.encode())
        and compare_digest(login.password, wishes.password.encode())
    )
    return AuthResult(success=right, handled=False)


async def serve(wishes: Wishes) -> None:
    """Serve both ports until SIGTERM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(wishes.certificate_file, wishes.key_file)
    limits = {"MAIL": wishes.transactions, "*": ENDLESS} if wishes.transactions else None
    protocol = partial(
        SMTP,
        Keeper(Path(wishes.inbox)),
        data_size_limit=wishes.size_limit,
        enable_SMTPUTF8=True,
        hostname="relay.test",
        auth_required=True,
        authenticator=partial(authenticate, wishes),
        command_call_limit=limits,
    )
    starttls = partial(protocol, tls_context=context, require_starttls=True)
    implicit = partial(protocol, auth_require_tls=False)  # it knows of no other TLS than STARTTLS
    loop = asyncio.get_running_loop()
    told_to_end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told_to_end.set)
    await loop.create_server(starttls, wishes.host, wishes.port)
    await loop.create_server(implicit, wishes.host, wishes.tls_port, ssl=context)
    await told_to_end.wait()


if __name__ == "__main__":
    asyncio.run(serve(Wishes.read(sys.argv[1])))

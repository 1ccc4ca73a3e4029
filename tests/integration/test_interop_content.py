"""Content arrives at four real servers as it left, by DATA and by BDAT, whatever it looks like."""

import re

import pytest

from tests.integration.interop import Offer, Relay, arrived, codes, lend, pool_of, send, to

HEADER = (
    b"From: s@sender.test\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n"
    b"Message-ID: <x@sender.test>\r\n"
)
SMUGGLED = b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:<evil@content.test>\r\nDATA\r\nevil\r\n.\r\n"
BODIES = {
    "dot": b".\r\n",
    "dots": b".\r\n..\r\n...\r\n.x\r\n. \r\nx.\r\n.\r\n",
    "first-dot": b".first\r\nlast\r\n.",
    "empty": b"",
    "no-final-crlf": b"text",
    "only-crlf": b"\r\n\r\n\r\n",
    "latin": b"caf\xe9 \xff\xfe\x80\r\n",
    "utf-8": "naïve — 領収書 🧾\r\n".encode(),
    "controls": bytes(range(1, 10)) + b"\x0b\x0c" + bytes(range(14, 32)) + b"\x7f\r\n",
    "spaces": b"trailing  \t\r\n \r\n\tindented\r\n",
    "from": b"From here\r\n>From there\r\n",
    "commands": b"QUIT\r\nRSET\r\nBDAT 0 LAST\r\n250 OK\r\n",
    "long-line": b"x" * 998 + b"\r\n",
    "long-line-dot": b"." + b"x" * 997 + b"\r\n.\r\n",
    "lf-dot-lf": b"a\n.\n" + SMUGGLED,
    "lf-dot-crlf": b"a\n.\r\n" + SMUGGLED,
    "crlf-dot-lf": b"a\r\n.\n" + SMUGGLED,
    "cr-dot-cr": b"a\r.\r" + SMUGGLED,
    "crlf-dot-cr": b"a\r\n.\r" + SMUGGLED,
    "cr-dot-crlf": b"a\r.\r\n" + SMUGGLED,
    "cr-cr-lf": b"a\r\r\n.\r\r\n" + SMUGGLED,
    "large": b"".join(b"%07d .%s\r\n" % (line, b"y" * 60) for line in range(36_000)),
}
"""`large` is more than two chunks of BDAT, and many a TLS record."""

COPIES = 2
"""Of each, in one group: more messages than go together by BDAT at once."""


@pytest.mark.parametrize("by", ["DATA", "BDAT"])
def test_a_group_of_any_content_arrives_octet_by_octet(relay: Relay, offer: Offer, by: str) -> None:
    """Dots, 8-bit, long lines and smuggling sequences; only line ends are put right.

    RFC 5321 4.5.2 (transparency), RFC 3030 2 (none with BDAT), RFC 5321 2.3.8 (CRLF alone).
    """
    domain = f"{by.lower()}.content.test"
    contents = {
        f"{name}-{copy}": HEADER + b"Subject: " + name.encode() + b"\r\n\r\n" + body
        for copy in range(COPIES)
        for name, body in BODIES.items()
    }
    transactions = [to(f"{name}@{domain}", content=text) for name, text in contents.items()]

    with pool_of(relay) as pool, lend(pool, chunks=by == "BDAT") as lease:
        results = send(lease, *transactions)

    assert {250} == set(codes(results))
    chunked = by == "BDAT" and "CHUNKING" in offer  # where it is not, by DATA, and nothing breaks
    assert chunked != any(step.verb == "DATA" for result in results for step in result.steps)
    assert 1 == pool.stats.opened
    mails = arrived(relay, domain, len(contents))
    assert [] == [
        name for name, text in contents.items() if _on_the_wire(text) != mails[name].submitted
    ]
    assert [] == relay.mails("evil@content.test")


def _on_the_wire(text: bytes) -> bytes:
    """Put line ends right as RFC 5321 2.3.8 wants them, and end the last line."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", text)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"

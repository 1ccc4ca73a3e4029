"""What a server says, and how it is read."""

from tests.laws.law import Guard, Law

PARSER = "workers/smtp/parser.py"
SESSION = "workers/smtp/session.py"
CONNECTION = "workers/smtp/connection.py"
LEDGER = "workers/smtp/ledger.py"

REPLY_LAWS = (
    Law(
        "replies-cut-anywhere",
        "A reply is the same however its octets are cut, and however many come at once.",
        "RFC 5321 4.2.1",
        (
            Guard(PARSER, "lines = (self._rest + data).split", "lines = data.split"),
            Guard(PARSER, "return [] if self._lines else self._whole", "return self._whole"),
        ),
    ),
    Law(
        "odd-line-ends",
        "A code alone, a lone LF, a TAB or no text: servers write so, and are understood.",
        "RFC 5321 4.2",
        (
            Guard(PARSER, r"([2-5][0-9][0-9])(?:([ \t-])(.*))?", r"([2-5][0-9][0-9])([ -])(.*)"),
            Guard(
                PARSER,
                r'line.rstrip(b"\r")',
                r'line.removesuffix(b"\r") if line.endswith(b"\r") else b"?"',
            ),
        ),
    ),
    Law(
        "torn-replies",
        "Lines of one reply with several codes are never a yes; as a no they are the last word.",
        "RFC 5321 4.2.1",
        (
            Guard(PARSER, "self._torn = self._torn or raw.code != self._code", "pass"),
            Guard(
                SESSION,
                'raise ProtocolViolationError(f"a reply of several codes to {verb}: {reply}")',
                "pass",
            ),
        ),
    ),
    Law(
        "no-smtp",
        "What is no reply, a code that no server may give included, ends the connection.",
        "RFC 5321 4.2",
        (
            Guard(
                PARSER,
                r'_LINE: Final = re.compile(rb"([2-5][0-9][0-9])',
                r'_LINE: Final = re.compile(rb"([0-9][0-9][0-9])',
            ),
        ),
    ),
    Law(
        "endless-replies",
        "A line, a reply and the wait for one are bounded; single octets prolong nothing.",
        "RFC 5321 4.5.3.1.5, 4.5.3.2",
        (
            Guard(
                PARSER,
                "        if len(self._rest) > MAX_LINE_OCTETS:\n            raise",
                "        if False:\n            raise",
            ),
            Guard(PARSER, "    if len(line) > MAX_LINE_OCTETS:", "    if False:"),
            Guard(PARSER, "if self._octets > MAX_REPLY_OCTETS:", "if False:"),
            Guard(PARSER, "if len(self._lines) >= MAX_LINES:", "if False:"),
            Guard(
                "workers/smtp/pump.py",
                "        if self._session.hear(now):\n            self._since",
                "        self._session.hear(now)\n        if True:\n            self._since",
            ),
        ),
    ),
    Law(
        "undecodable-replies",
        "Octets that are no UTF-8 are kept with marks, and crash nothing.",
        "RFC 5321 4.2, RFC 6531 3.7.4",
        (Guard(PARSER, 'octets.decode("utf-8", "replace")', 'octets.decode("utf-8")'),),
    ),
    Law(
        "printable-replies",
        "No control character of a reply, and no more than a bounded text, is kept.",
        "RFC 5321 4.2",
        (
            Guard(PARSER, "    if text.isprintable():", "    if True:"),
            Guard(PARSER, "if len(text) > MAX_TEXT:", "if False:"),
        ),
    ),
    Law(
        "enhanced-codes",
        "An enhanced code is what begins the text and is well-formed; none is made up.",
        "RFC 2034 4, RFC 3463 2",
        (
            Guard(
                PARSER, "match = _ENHANCED.match(texts[0])", "match = _ENHANCED.search(texts[0])"
            ),
            Guard(
                PARSER,
                r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)",
                r"([0-9]\.[0-9]+\.[0-9]+)(?:[ \t]*)",
            ),
        ),
    ),
    Law(
        "421-anywhere",
        "421 ends the session wherever it comes, asked or not, and answers nothing else.",
        "RFC 5321 3.8, 4.2.1",
        (
            Guard(
                SESSION,
                "        if reply.code == SERVICE_CLOSING:\n            self.dismissed = True",
                "        if False:\n            self.dismissed = True",
            ),
            Guard(
                "workers/smtp/pool.py",
                "            kept.connection.check_quiet()\n",
                "            pass\n",
                Guard("workers/smtp/transmission.py", "            connection.check_quiet()\n", ""),
            ),
            Guard("workers/smtp/transmission.py", "            connection.check_quiet()\n", ""),
        ),
    ),
    Law(
        "impossible-replies",
        "Any 2yz takes a recipient; a reply that a command cannot have lets no content out.",
        "RFC 5321 3.4, 4.3.2",
        (
            Guard(
                SESSION,
                'raise ProtocolViolationError(f"an impossible reply to {verb}: {reply}")',
                "pass",
            ),
            Guard(LEDGER, "_NO: Final = 300", "_NO: Final = 251"),
        ),
    ),
    Law(
        "late-replies",
        "After a time-out the connection is gone: no late reply answers the next command.",
        "RFC 5321 4.5.3.2",
        (
            Guard(
                CONNECTION,
                "self._pump.settle(may_end)\n        except BaseException:",
                "self._pump.settle(may_end)\n        except ValueError:",
                Guard(
                    "workers/smtp/transmission.py",
                    "    connection.abort()\n    handed",
                    "    handed",
                ),
            ),
        ),
    ),
)

"""Envelope, pipelining and chunking."""

from tests.laws.law import Guard, Law

LEDGER = "workers/smtp/ledger.py"
ROUNDS = "workers/smtp/rounds.py"
SESSION = "workers/smtp/session.py"
STATE = "workers/smtp/state.py"
CHUNKS = "workers/smtp/chunks.py"
ENVELOPE = "workers/smtp/envelope.py"
COMMANDS = "workers/smtp/commands.py"
PUMP = "workers/smtp/pump.py"

ENVELOPE_LAWS = (
    Law(
        "data-for-nobody",
        "354 without a recipient gets a lone dot, whose answer means nothing; no content goes out.",
        "RFC 2920 3.1",
        (
            Guard(ROUNDS, "    if ledger.taken:\n        blocks", "    if True:\n        blocks"),
            Guard(
                ROUNDS,
                "    if not ledger.content_expected:",
                "    if not (ledger.content_expected and ledger.taken):",
            ),
            Guard(CHUNKS, "    if not ledger.taken:\n        return\n", ""),
        ),
    ),
    Law(
        "mail-refused",
        "Replies pipelined behind a refused MAIL are read and say nothing; 354 there ends it all.",
        "RFC 2920 3.1",
        (
            Guard(
                STATE,
                "(State.READY, Verb.DATA, Answer.MORE): State.CLOSED",
                "(State.READY, Verb.DATA, Answer.MORE): State.READY",
            ),
            Guard(
                LEDGER,
                "if self.mail_reply is not None and self.mail_reply.code >= _NO:",
                "if False:",
            ),
        ),
    ),
    Law(
        "recipients-apart",
        "Each recipient has its own reply: a refusal neither stops the rest nor speaks for it.",
        "RFC 5321 3.3",
        (
            Guard(
                LEDGER,
                "            self.verdicts[place] = reply",
                "            self._enter(self._round, reply)",
            ),
            Guard(
                LEDGER,
                "            self._enter(self.taken, verdict)",
                "            self._enter(self._round[:1], verdict)",
            ),
        ),
    ),
    Law(
        "too-many-recipients",
        "452 and 552 after some were taken send the rest at once in a further transaction.",
        "RFC 5321 4.5.3.1.10, RFC 9422 3",
        (
            Guard(LEDGER, "elif not (self.taken and reply.code in TOO_MANY_RECIPIENTS):", "else:"),
            Guard(
                LEDGER,
                "self._round = places if limit is None else places[:limit]",
                "self._round = places",
            ),
        ),
    ),
    Law(
        "groups-as-offered",
        "Commands share a write only where PIPELINING is offered, and nothing follows what ends one.",
        "RFC 2920 3.1",
        (
            Guard(
                "workers/smtp/transmission.py",
                "if not connection.capabilities.pipelining:",
                "if False:",
            ),
            Guard(
                SESSION,
                "if before.ends_group or not self.capabilities.pipelining:",
                "if not self.capabilities.pipelining:",
            ),
            Guard(
                SESSION,
                "if before.ends_group or not self.capabilities.pipelining:",
                "if before.ends_group:",
            ),
        ),
    ),
    Law(
        "no-deadlock",
        "Replies are read while a group is written, however full both sides' buffers are.",
        "RFC 2920 3.1",
        (
            Guard(
                PUMP,
                "            if ready:\n",
                "            if ready and not writing:\n",
            ),
        ),
    ),
    Law(
        "one-write",
        "A group, and content with its terminator, is one write without delay.",
        "RFC 2920 3.1, RFC 1122 4.2.3.4",
        (
            Guard(
                "workers/smtp/outbox.py",
                "while size < most and size < JOINED_OCTETS:",
                "while size < most and size < 1:",
            ),
            Guard(
                "workers/smtp/sockets.py",
                "connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)",
                "pass",
            ),
            Guard(PUMP, "stream.acknowledge()", "pass"),
        ),
    ),
    Law(
        "chunks-counted",
        "BDAT waits for no 354 and counts octets; behind a refused chunk comes none, but RSET.",
        "RFC 3030 2",
        (
            Guard(
                CHUNKS,
                "        if ledger.content_refused:  # RFC 3030 2: not one chunk more\n            return\n",
                "",
            ),
            Guard(
                CHUNKS,
                "    line = bdat_line(len(chunk), last=last)",
                "    line = bdat_line(len(chunk.decode('utf-8', 'replace')), last=last)",
            ),
            Guard(CHUNKS, "        reset = ledger is not first\n", "        reset = False\n"),
        ),
    ),
    Law(
        "one-way-of-data",
        "A session that uses BDAT never uses DATA, and trusts BDAT when it was seen to work.",
        "RFC 3030 2, 4.2",
        (
            Guard(
                CHUNKS,
                "    if connection.chunking is not Chunking.PROVEN or connection.cautious:\n"
                "        return 1\n",
                "",
            ),
            Guard(
                "workers/smtp/transmission.py",
                "elif connection.chunks:",
                "elif connection.chunks and not connection.transactions:",
            ),
            Guard(SESSION, "            self.chunking = Chunking.BROKEN\n", ""),
        ),
    ),
    Law(
        "size-first",
        "The size with CRLFs is declared, and a message over the relay's limit never begun.",
        "RFC 1870 4 to 6",
        (
            Guard(
                ENVELOPE,
                "if capabilities.size is not None and size > capabilities.size:",
                "if False:",
                Guard(
                    ENVELOPE,
                    "if size is not None and capabilities.size is not None and size > capabilities.size:",
                    "if False:",
                ),
            ),
            Guard(
                ENVELOPE,
                "size=size if capabilities.offers_size else None",
                "size=len(transaction.content) if capabilities.offers_size else None",
            ),
            Guard(
                "workers/smtp/capabilities.py",
                "return int(number) or None\n\n\ndef _limit",
                "return int(number)\n\n\ndef _limit",
            ),
        ),
    ),
    Law(
        "eight-bit-offered",
        "8-bit content goes only where 8BITMIME is offered, and else in a 7-bit form or not at all.",
        "RFC 6152 3",
        (
            Guard(ENVELOPE, "if not seven_bit and not capabilities.eight_bit:", "if False:"),
            Guard(ENVELOPE, "octets = transaction.seven_bit()", "pass"),
            Guard(ENVELOPE, "eight_bit=not seven_bit,", ""),
        ),
    ),
    Law(
        "smtputf8-offered",
        "SMTPUTF8 is asked for when a local part or header needs it, and its lack refuses only those.",
        "RFC 6531 3.2 to 3.6",
        (
            Guard(ENVELOPE, "if for_all or not recipient.local.isascii():", "if True:"),
            Guard(ENVELOPE, "    if not capabilities.smtputf8:", "    if False:"),
            Guard(ENVELOPE, "[verdict or fault for verdict", "[fault for verdict"),
            Guard(ENVELOPE, "            utf8=utf8,\n", ""),
        ),
    ),
    Law(
        "paths-as-written",
        "A path has no space before it, brackets around it, and one address within the limits.",
        "RFC 5321 4.1.2, 4.5.3.1",
        (
            Guard(COMMANDS, 'b"RCPT TO:<%b>%b\\r\\n"', 'b"RCPT TO: <%b>%b\\r\\n"'),
            Guard(COMMANDS, 'b"MAIL FROM:<>" if sender is None', 'b"MAIL FROM:" if sender is None'),
            Guard(COMMANDS, "    if len(local) > MAX_LOCAL_PART_OCTETS:", "    if False:"),
            Guard(COMMANDS, "if len(local) + 1 + len(domain) > MAX_ADDRESS_OCTETS:", "if False:"),
        ),
    ),
    Law(
        "dsn-offered",
        "DSN parameters go in xtext, and only where DSN is offered.",
        "RFC 3461 4, 5",
        (
            Guard(
                ENVELOPE,
                "    dsn = transaction.dsn if capabilities.dsn else None\n    try:",
                "    dsn = transaction.dsn\n    try:",
            ),
            Guard(
                "workers/smtp/dsn.py",
                'return _NOT_PLAIN.sub(_hexadecimal, value.encode("ascii"))',
                'return value.encode("ascii")',
            ),
        ),
    ),
)

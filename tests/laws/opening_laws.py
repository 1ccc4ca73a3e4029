"""The beginning of a session."""

from tests.laws.law import Guard, Law

OPENING = "workers/smtp/opening.py"
SOCKETS = "workers/smtp/sockets.py"
COMMANDS = "workers/smtp/commands.py"
CAPABILITIES = "workers/smtp/capabilities.py"

OPENING_LAWS = (
    Law(
        "greeting-first",
        "Not an octet is sent before the server has greeted, in however many lines.",
        "RFC 5321 3.1, 4.3.1",
        (
            Guard(
                "workers/smtp/session.py",
                "if before.ends_group or not self.capabilities.pipelining:",
                "if False:",
            ),
            Guard(
                OPENING,
                "greeting = connection.settled()",
                "connection._pump.stream.send(b'\\r\\n'); greeting = connection.settled()",
            ),
        ),
    ),
    Law(
        "refused-greeting",
        "A refusing greeting is the relay's: left with QUIT, followed by a pause, no one's bounce.",
        "RFC 5321 3.1, 4.3.2",
        (
            Guard(OPENING, "if not greeting.is_positive:", "if False:"),
            Guard(
                "workers/smtp/state.py",
                "(State.UNGREETED, Verb.GREETING, Answer.NO): State.UNWELCOME",
                "(State.UNGREETED, Verb.GREETING, Answer.NO): State.CLOSED",
            ),
            Guard(
                "workers/rest.py",
                "return not self._probing and self._monotonic() >= self._until",
                "return True",
            ),
        ),
    ),
    Law(
        "helo-fallback",
        "HELO follows only an EHLO that was not known, where nothing is missed by it.",
        "RFC 5321 3.2, 4.1.4",
        (
            Guard(OPENING, "frozenset({500, 502, 504, 550})", "frozenset()"),
            Guard(OPENING, "if reply.code in EHLO_UNKNOWN and", "if not reply.is_positive and"),
            Guard(OPENING, "may_helo=endpoint.tls is not TlsPolicy.REQUIRED", "may_helo=True"),
            Guard(OPENING, "no_auth = self.endpoint.credentials is None", "no_auth = True"),
            Guard(
                "workers/smtp/session.py", "said.lines if verb is Verb.EHLO and", "said.lines if"
            ),
        ),
    ),
    Law(
        "ehlo-name",
        "We introduce ourselves by a domain or an address literal, never by a bare name's guess.",
        "RFC 5321 4.1.1.1, 4.1.4",
        (
            Guard(
                COMMANDS,
                "if not (_LITERAL.fullmatch(name) or _HOST_NAME.fullmatch(name)):",
                "if False:",
            ),
            Guard(OPENING, "or client_literal(connection.stream.local_address)", 'or "localhost"'),
        ),
    ),
    Law(
        "ipv6-literal",
        "The literal of an IPv6 address has its tag, and a mapped one is IPv4.",
        "RFC 5321 4.1.3",
        (
            Guard(COMMANDS, 'f"[IPv6:{ip}]"', 'f"[{ip}]"'),
            Guard(COMMANDS, 'f"[{ip.ipv4_mapped}]" if ip.ipv4_mapped else ', ""),
        ),
    ),
    Law(
        "every-address",
        "Each address of a relay is tried, none takes the time of the next; only before MAIL.",
        "RFC 5321 5.1, RFC 8305 5",
        (
            Guard(
                SOCKETS,
                "            last = _unreachable(FaultCode.CONNECT_REFUSED, detail)",
                "            raise _unreachable(FaultCode.CONNECT_REFUSED, detail) from error",
            ),
            Guard(
                SOCKETS,
                "left = min(timeouts.connect_address, deadline - time.monotonic())",
                "left = deadline - time.monotonic()",
            ),
        ),
    ),
    Law(
        "ehlo-keywords",
        "Keywords are compared whole and in any case; odd or absent parameters offer nothing.",
        "RFC 5321 4.1.1.1, RFC 1870 4",
        (
            Guard(CAPABILITIES, ".upper().split()", ".split()"),
            Guard(
                CAPABILITIES,
                'starttls="STARTTLS" in keywords',
                'starttls=any(each.startswith("STARTTLS") for each in keywords)',
            ),
            Guard(CAPABILITIES, "if keyword.startswith(_LEGACY_AUTH):", "if False:"),
            Guard(CAPABILITIES, "    if not parameters:\n        return None\n", ""),
        ),
    ),
    Law(
        "firewall-banner",
        "A firewall that masks the banner and the answer to EHLO leaves plain SMTP, and no more.",
        "RFC 5321 3.2, 4.2.4",
        (
            Guard(OPENING, "frozenset({500, 502, 504, 550})", "frozenset()"),
            Guard(
                "workers/smtp/transmission.py",
                "if not connection.capabilities.pipelining:",
                "if False:",
            ),
        ),
    ),
)

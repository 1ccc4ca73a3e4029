"""TLS and STARTTLS."""

from tests.laws.law import Guard, Law

OPENING = "workers/smtp/opening.py"
SESSION = "workers/smtp/session.py"
TLS = "workers/smtp/tls.py"

TLS_LAWS = (
    Law(
        "starttls-injection",
        "What came in clear text behind the 220 of STARTTLS is never read as said over TLS.",
        "RFC 3207 4.2, 6; CVE-2021-38371",
        (
            Guard(
                SESSION,
                "raise unasked(said)",
                "return heard",
            ),
            Guard(
                SESSION,
                'raise ProtocolViolationError("the server said something that nothing asked for")',
                "pass",
            ),
        ),
    ),
    Law(
        "tls-forgets",
        "With TLS all that was said before it is forgotten, and EHLO is said again.",
        "RFC 3207 4.2",
        (
            Guard(SESSION, "        self.capabilities = NOTHING\n", ""),
            Guard(OPENING, "self._say_ehlo(connection, may_helo=True)", "pass"),
        ),
    ),
    Law(
        "starttls-stripped",
        "Where TLS is required and not offered, neither credentials nor mail go out.",
        "RFC 3207 6, RFC 8314 4.1",
        (
            Guard(
                OPENING,
                "            if required:\n                fault = Fault(",
                "            if False:\n                fault = Fault(",
            ),
        ),
    ),
    Law(
        "starttls-refused",
        "A refused STARTTLS is no consent to clear text where TLS is required, and a connection"
        " whose handshake failed carries nothing more.",
        "RFC 3207 4.1; CVE-2016-0772",
        (
            Guard(
                OPENING,
                "if required:\n                    raise InsecureError(Stage.STARTTLS, fault, reply)",
                "if False:\n                    raise InsecureError(Stage.STARTTLS, fault, reply)",
            ),
            Guard(
                TLS,
                "        _shake_hands(secured, timeout, clock, ending or Ending())\n",
                "        with contextlib.suppress(InsecureError):\n"
                "            _shake_hands(secured, timeout, clock, ending or Ending())\n",
            ),
        ),
    ),
    Law(
        "unasked-in-tls",
        "A reply over TLS before any command there ends the session.",
        "RFC 3207 6; CVE-2011-0411",
        (Guard(OPENING, "            connection.check_quiet()", "            pass"),),
    ),
    Law(
        "wrong-tls-port",
        "Nothing is said in clear where TLS comes first; whichever side is wrong, it ends soon.",
        "RFC 8314 3.3, RFC 5321 4.5.3.2.1",
        (
            Guard(OPENING, "if endpoint.tls is TlsPolicy.IMPLICIT:", "if False:"),
            Guard(
                "workers/smtp/pump.py",
                'raise TimedOutError(f"{self._phase(verb)} took more than {limit:g} s")',
                "return LOOK_SECONDS",
            ),
        ),
    ),
    Law(
        "certificate-verified",
        "The certificate is trusted, in date, and names the configured host in its SAN.",
        "RFC 3207 4.1, RFC 9525 6",
        (
            Guard(
                OPENING,
                "verify = endpoint.tls is not TlsPolicy.OPPORTUNISTIC or endpoint.credentials is not None",
                "verify = False",
            ),
            Guard(TLS, "hostname_checks_common_name = False", "hostname_checks_common_name = True"),
            Guard(TLS, "server_hostname=host,", "server_hostname=stream.peer_address,"),
        ),
    ),
    Law(
        "tls-end-without-notify",
        "A peer that ends TLS without a close_notify has ended, and a QUIT lost so changes nothing.",
        "RFC 5321 4.1.1.10, RFC 8446 6.1",
        (Guard("workers/smtp/connection.py", "with contextlib.suppress(Exception):", "if True:"),),
    ),
    Law(
        "sessions-of-one-relay",
        "No connection and no TLS session is shared between two relays or two accounts.",
        "RFC 8446 4.6.1, RFC 4954 4",
        (
            Guard(
                "workers/transport.py",
                "access = self._accesses.get(relay)",
                "access = next(iter(self._accesses.values()))",
            ),
        ),
    ),
    Law(
        "nothing-behind-starttls",
        "Nothing is written behind STARTTLS before its 220.",
        "RFC 3207 4, RFC 2920 3.1",
        (
            Guard(
                "workers/smtp/pipeline.py",
                "        Verb.STARTTLS,\n",
                "",
                Guard(
                    "workers/smtp/state.py",
                    "(State.READY, Verb.STARTTLS): State.SECURING",
                    "(State.READY, Verb.STARTTLS): State.READY",
                ),
            ),
        ),
    ),
)

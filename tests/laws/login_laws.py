"""AUTH."""

from tests.laws.law import Guard, Law

AUTH = "workers/smtp/auth.py"
LOGIN = "workers/smtp/login.py"

LOGIN_LAWS = (
    Law(
        "no-password-in-clear",
        "No octet of AUTH goes over a connection that is neither encrypted nor loopback.",
        "RFC 4954 4, RFC 8314 3",
        (
            Guard(LOGIN, "if not may_speak:", "if False:"),
            Guard("workers/smtp/opening.py", "may_speak=encrypted or loopback", "may_speak=True"),
        ),
    ),
    Law(
        "long-initial-response",
        "An initial response beyond the command line waits for 334.",
        "RFC 4954 4",
        (Guard(LOGIN, "if fits_a_line(name, initial):", "if True:"),),
    ),
    Law(
        "empty-responses",
        "An empty initial response is `=`, the error of XOAUTH2 gets an empty line, `*` cancels.",
        "RFC 4954 4",
        (
            Guard(
                AUTH,
                "return base64.b64encode(response) or EMPTY_INITIAL",
                "return base64.b64encode(response)",
            ),
            Guard("workers/smtp/xoauth2.py", 'return b""', "return self._message"),
            Guard(AUTH, 'CANCEL: Final = b"*"', 'CANCEL: Final = b""'),
        ),
    ),
    Law(
        "next-mechanism",
        "Only what refuses the mechanism lets another be tried; a refused account stays refused.",
        "RFC 4954 6",
        (
            Guard(AUTH, "frozenset({504, 534})", "frozenset()"),
            Guard(AUTH, "frozenset({504, 534})", "frozenset({504, 534, 535})"),
            Guard("workers/smtp/mechanisms.py", 'pinned in {"", name}', "True"),
            Guard(
                "pillarbox/domain/classification/consequence.py",
                "LOAD_AT_AUTH = frozenset({421, 432, 454})",
                "LOAD_AT_AUTH: frozenset[int] = frozenset()",
            ),
        ),
    ),
    Law(
        "login-prompts",
        "LOGIN answers in turn, whatever the prompts say.",
        "RFC 4954 4",
        (
            Guard(
                AUTH,
                'return self._answers.pop(0) if self._answers else b""',
                'return self._answers[0 if challenge == b"Username:" else 1]',
                Guard(
                    AUTH,
                    '        """Answer in turn; prompts come in every spelling, or empty."""\n        del challenge\n',
                    "",
                ),
            ),
        ),
    ),
    Law(
        "refused-credentials",
        "Refused credentials park the relay, bounce nobody, and are in no error and no log.",
        "RFC 4954 6",
        (
            Guard(
                "workers/line.py",
                "parked = isinstance(error, AuthFailedError) and not busy",
                "parked = False",
            ),
            Guard("workers/smtp/hearing.py", "        if self.secrets:", "        if False:"),
            Guard(AUTH, "password: str = field(repr=False)", "password: str"),
        ),
    ),
    Law(
        "one-login",
        "A session is authenticated once, before its first transaction, and never again.",
        "RFC 4954 4",
        (
            Guard(
                "workers/smtp/opening.py",
                "log_in(connection, endpoint.credentials, may_speak=encrypted or loopback)",
                "[log_in(connection, endpoint.credentials, may_speak=encrypted or loopback) for _ in 'ab']",
            ),
        ),
    ),
)

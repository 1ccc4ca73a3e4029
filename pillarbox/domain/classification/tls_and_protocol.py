"""Rules for replies that object to how we speak: encryption, commands, order, line ends.

The breach of the protocol comes before encryption, since "no command may be
pipelined after STARTTLS" is about the first and names the second.
"""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule
from pillarbox.domain.reply import Verb

_ENCRYPTION = "tls|starttls|ssl|encryption|encrypted|tlsv1"
_COMMAND = "command|commands|verb"

PROTOCOL_RULES = (
    Rule(
        "protocol-violation",
        Category.PROTOCOL,
        "RFC 5321 4.2.2; RFC 2920 3.1; Gmail SMTP errors 4.5.0 and 5.7.10",
        (
            "smtp protocol violation|error",
            "protocol error",
            "protocol synchronization|synchronisation",
            "synchroni* error",
            "pipelin* .. not|without|improper*|unauthori*|before|reject*|forbid*",
            "improper|unauthori*|illegal|no .. pipelin*",
            "violat* .. rfc",
            "smtp smuggling",
        ),
    ),
    Rule(
        "spoke-too-soon",
        Category.PROTOCOL,
        "RFC 5321 4.3.1; Postfix postscreen(8); Haraka early_talker",
        (
            "talk* (too) soon|early",
            "spoke|speak* (too) soon|early",
            "early talker*",
            "pregreet*",
            "before .. greeting|banner",
            "polite people",
        ),
    ),
    Rule(
        "line-ends",
        Category.PROTOCOL,
        "RFC 5321 2.3.8",
        (
            "bare lf|cr|linefeed|line|newline|carriage|crlf|lfs",
            "stray newline*|lf|cr",
            "barelf*",
        ),
    ),
    Rule(
        "line-length",
        Category.PROTOCOL,
        "RFC 5321 4.5.3.1.4 to 4.5.3.1.6",
        ("line .. too long", "line length .. exceed*|limit", "lines .. too long"),
        unless=("header|headers",),
    ),
    Rule(
        "unrecognised-authentication-mechanism",
        Category.AUTH,
        "RFC 4954 4: 504",
        (
            "unrecogni*|unsupported|unknown|invalid auth|authentication type|mechanism|method",
            "auth|authentication|sasl (type|mechanism|method) not|unrecogni*|un* support*|recogni*",
            "mechanism .. not supported|available|recogni*|allowed|too",
            "auth* (mechanism) .. too weak",
        ),
    ),
    Rule(
        "command-errors",
        Category.PROTOCOL,
        "RFC 5321 4.3.2; Postfix smtpd_hard_error_limit",
        (
            "too many .. errors|error",
            "too many (smtp|invalid|bad|unknown|non) .. commands|command",
            "too many nonmail|junk|syntax|unrecogni*|unknown|noop|rset",
        ),
        unless=("unauthenticated", "concurrent|rate"),
    ),
    Rule(
        "unknown-command",
        Category.PROTOCOL,
        "RFC 5321 4.2.4: 500, 502",
        (
            f"{_COMMAND} (is) not recogni*|implement*|understood|supported|known|allowed|valid",
            f"{_COMMAND} unrecogni*|unknown|unimplemented|invalid|disabled|unsupported",
            f"unrecogni*|unknown|invalid|unimplemented|unsupported|bad|illegal|empty (smtp) "
            f"{_COMMAND}",
            f"{_COMMAND} .. not implemented|recogni*",
            f"{_COMMAND} .. exceed*|too long|length",
            f"unexpected {_COMMAND}|data|eof|end",
            "not implemented",
            "whats|what do you mean",
            "garbage command",
            "say what",
            "unrecogni* .. option|options|parameter*|argument*|keyword",
        ),
        unless=("recipient|mailbox|user",),
    ),
    Rule(
        "syntax",
        Category.PROTOCOL,
        "RFC 5321 4.2.2: 501",
        (
            "syntax error*",
            "syntax .. mail|rcpt|helo|ehlo|from",
            "error .. syntax",
            "invalid|bad|missing|unknown|illegal parameter*|argument*|syntax",
            "parameter*|argument* .. not|unrecogni*|invalid|unsupported|required|missing",
            "strict ascii",
            "smtputf8 .. not|disabled|required|unsupported|need*",
            "not .. smtputf8|8bitmime|chunking|bdat|utf8",
            "8bitmime .. not|disabled|required|unsupported",
            "colon .. required|missing|expected",
            "angle bracket*",
            "rfc 821|2821|5321 .. syntax|violat*|complian*|conform*",
            "unbalanced",
        ),
        unless=(
            "recipient .. address",
            "destination .. address",
            "mailbox|sender .. syntax",
            "addr .. syntax",
            "envelope|sender address",
            "address .. rfc",
            "message id",
            "from header",
            "helo|ehlo|hello",
        ),
    ),
    Rule(
        "command-order",
        Category.PROTOCOL,
        "RFC 5321 4.1.4: 503",
        (
            "bad|invalid|wrong|improper|out (of) sequence|order",
            "sequence of commands",
            "out of order|sequence",
            "need|send|expect*|issue|use|say|wants|require* (a) mail|rcpt|helo|ehlo|hello|data",
            "mail|rcpt|helo|ehlo .. first|before",
            "nested mail",
            "sender already",
            "already specified|greeted|given|authenticated|in (tls|progress)",
            "issue .. reset|rset",
            "without mail|rcpt|helo|ehlo",
            "no mail|rcpt|helo|ehlo (transaction) .. started|given|specified|issued",
            "no transaction",
            "valid rcpt command must precede",
            "no valid recipients",
            "no recipients .. specified|given|accepted|found",
        ),
        unless=(
            "authenticat*|auth|tls|starttls|spf|dmarc|encrypt*",
            "domain .. not|does",
            "headers|header",
            "mail .. from|to addr .. first",
        ),
    ),
    Rule(
        "name-in-helo",
        Category.PROTOCOL,
        "RFC 5321 4.1.1.1; Postfix reject_invalid_helo_hostname",
        (
            "helo|ehlo|hello .. invalid ip|address|syntax|argument*|character*|domain|name|hostname",
            "invalid|bad|malformed|illegal|syntactically .. helo|ehlo|hello",
            "helo|ehlo .. syntax*|malformed|bad|illegal|missing|argument",
        ),
        unless=("support google|helo .. is invalid", "argument is invalid"),
    ),
)

TLS_RULES = (
    Rule(
        "encryption-required",
        Category.TLS,
        "RFC 3207 4; RFC 3463 X.7.10 and X.7.11",
        (
            "must .. issue|use|send|start|enable|be .. starttls|tls|ssl|encrypted",
            f"{_ENCRYPTION} .. require*|need*|mandatory|must|first|enforce*|necessary|obligat*",
            f"require* .. {_ENCRYPTION}",
            f"need*|without|lack*|use|using|enable|only (a) {_ENCRYPTION}",
            "lack of security",
            "secure|encrypted|tls|ssl connection .. require*|need*|only|first",
            "require* .. secure connection|channel|session",
            "plaintext|plain|cleartext|clear|unencrypted .. authentication|auth|login|connection*"
            " .. not|disallowed|disabled|forbidden|prohibited|refused",
            "insecure|unencrypted|nonsecure connection*|session*",
            "mta sts",
        ),
        unless=("auth* require* .. dmarc", "pipeline"),
    ),
    Rule(
        "encryption-failed",
        Category.TLS,
        "RFC 3207 4: 454; Postfix smtp_tls_security_level",
        (
            f"{_ENCRYPTION} .. not|unavailable|fail*|error*|handshake|negotiat*|alert|unsupported|unable",
            f"fail*|unable|cannot|could|error|not|does|no .. {_ENCRYPTION}",
            "tls .. upgrade|version|cipher*|protocol",
            "starttls",
            "couriertls",
            "handshake .. fail*|error",
            "certificate .. expired|invalid|verif*|untrusted|mismatch|require*|fail*|not|error|"
            "revoked|trust*|unknown",
            "invalid|untrusted|bad|expired .. certificate",
            "no shared cipher",
            "tlsa|dane .. fail*|invalid|record*|mismatch",
        ),
        unless=("sender|user|recipient .. not found|unknown",),
    ),
)

CONNECTION_RULES = (
    Rule(
        "encryption-at-starttls",
        Category.TLS,
        "RFC 3207 4",
        commands=frozenset({Verb.STARTTLS}),
    ),
)
"""What a reply without a telling word means by the command that it answers."""

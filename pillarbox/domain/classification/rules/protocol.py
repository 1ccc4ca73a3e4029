"""Rules for replies that object to how we speak: commands, their order, line ends.

They come before those for encryption: "no command may be pipelined after STARTTLS"
is about the first and names the second.
"""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_COMMAND = "command|commands|verb"

PROTOCOL_RULES = (
    Rule(
        name="protocol-violation",
        category=Category.PROTOCOL,
        source="RFC 5321 4.2.2; RFC 2920 3.1; Gmail SMTP errors 4.5.0 and 5.7.10",
        says=(
            "smtp protocol violation|error",
            "protocol error",
            "following|follow|break|breaks|obey (the) smtp|rules protocol|rules",
            "parse input|command",
            "protocol synchronization|synchronisation",
            "synchroni* error",
            "pipelin* .. not|without|improper*|unauthori*|before|reject*|forbid*",
            "improper|unauthori*|illegal|no .. pipelin*",
            "violat* .. rfc",
            "smtp smuggling",
        ),
    ),
    Rule(
        name="spoke-too-soon",
        category=Category.PROTOCOL,
        source="RFC 5321 4.3.1; Postfix postscreen(8); Haraka early_talker",
        says=(
            "talk* (too) soon|early",
            "spoke|speak* (too) soon|early",
            "early talker*",
            "pregreet*",
            "before .. greeting|banner",
            "polite people",
        ),
    ),
    Rule(
        name="line-ends",
        category=Category.PROTOCOL,
        source="RFC 5321 2.3.8",
        says=(
            "bare lf|cr|linefeed|line|newline|carriage|crlf|lfs",
            "stray newline*|lf|cr",
            "barelf*",
        ),
    ),
    Rule(
        name="line-length",
        category=Category.PROTOCOL,
        source="RFC 5321 4.5.3.1.4 to 4.5.3.1.6",
        says=(
            "line .. too long",
            "line length .. exceed*|limit",
            "lines .. too long",
            "too long line|command",
        ),
        unless=("header|headers",),
    ),
    Rule(
        name="unrecognised-authentication-mechanism",
        category=Category.AUTH,
        source="RFC 4954 4: 504",
        says=(
            ("unrecogni*|unsupported|unknown|invalid auth|authentication type|mechanism|method"),
            ("auth|authentication|sasl (type|mechanism|method) not|unrecogni* support*|recogni*"),
            "mechanism .. not supported|available|recogni*|allowed|too",
            "auth* (mechanism) .. too weak",
        ),
    ),
    Rule(
        name="command-errors",
        category=Category.PROTOCOL,
        source="RFC 5321 4.3.2; Postfix smtpd_hard_error_limit",
        says=(
            "too many .. errors|error",
            "too many (smtp|invalid|bad|unknown|non) .. commands|command",
            "too many nonmail|junk|syntax|unrecogni*|unknown|noop|rset",
        ),
        unless=(
            "unauthenticated",
            "authentication|auth|login",
            "concurrent|rate",
        ),
    ),
    Rule(
        name="unknown-command",
        category=Category.PROTOCOL,
        source="RFC 5321 4.2.4: 500, 502",
        says=(
            (f"{_COMMAND} (is) not recogni*|implement*|understood|supported|known|allowed|valid"),
            f"{_COMMAND} unrecogni*|unknown|unimplemented|invalid|disabled|unsupported",
            (
                "unrecogni*|unknown|invalid|unimplemented|unsupported|bad|illegal|empty (smtp) "
                f"{_COMMAND}"
            ),
            f"{_COMMAND} .. not implemented|recogni*",
            f"{_COMMAND} .. exceed*|too long|length",
            f"unexpected {_COMMAND}|data|eof|end",
            "not implemented",
            "null bdat",
            "unsupported|unknown option|options",
            "stray cr|lf",
            "helo|ehlo not supported|implemented|recogni*",
            "whats|what do you mean",
            "garbage command",
            "say what",
            "unrecogni* .. option|options|parameter*|argument*|keyword",
        ),
        unless=("recipient|mailbox|user",),
    ),
    Rule(
        name="syntax",
        category=Category.PROTOCOL,
        source="RFC 5321 4.2.2: 501",
        says=(
            "syntax error*",
            "bad .. syntax",
            "syntax .. mail|rcpt|helo|ehlo|from",
            "error .. syntax",
            "invalid|bad|missing|unknown|illegal parameter*|argument*|syntax",
            "parameter*|argument* .. not|unrecogni*|invalid|unsupported|required|missing",
            "strict ascii",
            "colon .. required|missing|expected",
            "angle bracket*",
            "rfc 821|2821|5321 .. syntax|violat*|complian*|conform*",
            "unbalanced",
        ),
        unless=(
            "recipient .. address|syntax",
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
        name="extension-unavailable",
        category=Category.PROTOCOL,
        source="RFC 6531 3.5; RFC 6152; RFC 3030; RFC 3461: extensions of the command",
        says=(
            (
                "smtputf8|8bitmime|chunking|bdat|utf8|dsn|etrn|vrfy|expn|xclient|xforward|turn|"
                "deliverby|priority|extension .. not|disabled|disallowed|required|unsupported|"
                "need*|permitted|invalid"
            ),
            "not|unsupported|unknown|requires .. smtputf8|8bitmime|chunking|bdat|utf8|extension",
        ),
        unless=("attachment*|file|filename|dangerous|banned",),
    ),
    Rule(
        name="no-recipients-left",
        category=Category.PROTOCOL,
        source="RFC 5321 3.3: 554 to DATA; Postfix smtpd(8)",
        enhanced=frozenset({"5.1"}),
        says=("no valid recipients",),
    ),
    Rule(
        name="bad-sequence",
        category=Category.PROTOCOL,
        source="RFC 5321 4.2.2: 503",
        codes=frozenset({503}),
        says=(
            (
                "first|before|already|given|need|must|missing|multiple|duplicate|sequence|"
                "order|expected|during|nested|only|yet|after|again|started"
            ),
        ),
        unless=("authenticat*|auth|tls|starttls|relay*|encrypt*",),
    ),
    Rule(
        name="command-order",
        category=Category.PROTOCOL,
        source="RFC 5321 4.1.4: 503",
        says=(
            "bad|invalid|wrong|improper|out (of) sequence|order",
            "sequence of commands",
            "out of order|sequence",
            "need|expect*|issue|wants|require* (a) mail|rcpt|helo|ehlo|data",
            "send|use|say|issue (a) helo|ehlo|hello|rcpt",
            "use mail before",
            "mail|rcpt|helo|ehlo .. first|before",
            "nested mail",
            "sender already",
            "already specified|greeted|given|authenticated",
            "issue .. reset|rset",
            "without mail|rcpt|helo|ehlo",
            "no mail|rcpt|helo|ehlo (transaction) .. started|given|specified|issued",
            "no transaction",
            "valid rcpt command must precede",
            "no recipients .. specified|given|accepted|found",
        ),
        unless=(
            "authenticat*|auth|tls|starttls|spf|dmarc|encrypt*",
            "domain .. not|does",
            "headers|header",
            "pop",
            "mail .. from|to addr .. first",
        ),
    ),
    Rule(
        name="name-in-helo",
        category=Category.PROTOCOL,
        source="RFC 5321 4.1.1.1; Postfix reject_invalid_helo_hostname",
        says=(
            (
                "helo|ehlo|hello .. invalid ip|address|syntax|argument*|character*|domain|name|"
                "hostname"
            ),
            "invalid|bad|malformed|illegal|syntactically .. helo|ehlo|hello",
            "helo|ehlo .. syntax*|malformed|bad|illegal|missing|argument",
        ),
        unless=(
            "support google|helo .. is invalid",
            "argument is invalid",
        ),
    ),
)

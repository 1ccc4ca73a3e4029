"""What goes on the wire: injection, smuggling, line ends."""

from tests.laws.law import Guard, Law

COMMANDS = "workers/smtp/commands.py"
DATA = "workers/smtp/data.py"
ENVELOPE = "workers/smtp/envelope.py"
HEADERS = "pillarbox/mime/headers.py"
MAILBOX = "pillarbox/mime/mailbox.py"

WIRE_LAWS = (
    Law(
        "address-control-characters",
        "No control character or line separator of any script passes in an address.",
        "RFC 5321 4.1.2; CVE-2015-8476",
        (
            Guard(
                MAILBOX,
                "    if has_control_character(text):\n        raise AddressSyntaxError(",
                "    if False:\n        raise AddressSyntaxError(",
            ),
            Guard(
                COMMANDS,
                "if unicodedata.category(character) in _REFUSED_CATEGORIES:",
                "if False:",
            ),
        ),
    ),
    Law(
        "quoted-local-part",
        "Quotes make no line end harmless: neither the API nor the wire takes one inside them.",
        "RFC 5321 4.1.2",
        (
            Guard(
                COMMANDS,
                "if unicodedata.category(character) in _REFUSED_CATEGORIES:",
                "if False:",
                Guard(
                    COMMANDS,
                    r"[\x20\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\x20-\x7e]",
                    r"[^\x00]",
                ),
            ),
            Guard(
                MAILBOX,
                '_refuse("address.quoted_local_part", "a quoted local part is not taken")',
                "pass",
            ),
        ),
    ),
    Law(
        "argument-control-characters",
        "Every other argument of a command is as closed to line ends as an address is.",
        "RFC 5321 2.3.8; bpo-43124",
        (
            Guard(
                COMMANDS,
                "if not (_LITERAL.fullmatch(name) or _HOST_NAME.fullmatch(name)):",
                "if False:",
            ),
            Guard(
                "workers/smtp/dsn.py",
                "if not (value.isascii() and value.isprintable()):",
                "if False:",
            ),
        ),
    ),
    Law(
        "header-injection",
        "No value that a caller gives adds or ends a header field.",
        "RFC 5322 2.2",
        (
            Guard(HEADERS, 'raise UnbuildableError(field, "holds a control character")', "pass"),
            Guard(
                "pillarbox/mime/control_characters.py",
                "return not text.isprintable() and _FORBIDDEN.search(text) is not None",
                "return False",
            ),
        ),
    ),
    Law(
        "dots-doubled",
        "Each line that begins with a dot gets one more, wherever the content is cut.",
        "RFC 5321 4.5.2; RUSTSEC-2021-0069",
        (
            Guard(
                DATA,
                'stuffed = octets.replace(b"\\r\\n.", b"\\r\\n..") if _DOTTED(octets) else octets',
                "stuffed = octets",
            ),
            Guard(
                DATA,
                'return [b"." + stuffed if stuffed.startswith(b".") else stuffed]',
                "return [stuffed]",
            ),
            Guard(DATA, 'stuffed = chunk.replace(b"\\r\\n.", b"\\r\\n..")', "stuffed = chunk"),
            Guard(
                DATA,
                'if self._at_line_start and stuffed.startswith(b"."):',
                "if False:",
            ),
        ),
    ),
    Law(
        "dots-not-in-chunks",
        "BDAT counts octets and doubles no dot: both ways carry the same message.",
        "RFC 3030 2",
        (
            Guard(
                "workers/smtp/chunks.py",
                "        octets = ledger.envelope.content.octets\n        line",
                '        octets = b"".join(ledger.envelope.content.blocks())\n        line',
            ),
        ),
    ),
    Law(
        "no-smuggling",
        "Only CRLF ends a line on the wire; a bare CR or LF becomes one, a NUL is refused.",
        "RFC 5321 2.3.8, 4.1.1.4; CVE-2023-51764, -51765, -51766",
        (
            Guard(DATA, 'return _LINE_END.sub(b"\\r\\n", content)', "return content"),
            Guard(ENVELOPE, 'or b"\\0" in octets', ""),
        ),
    ),
    Law(
        "built-with-crlf",
        "What we build has CRLF alone, whatever line ends its parts were given with.",
        "RFC 5322 2.3, RFC 2045 6",
        (
            Guard(
                "pillarbox/mime/bodies.py",
                'data = data.replace(b"\\r\\n", b"\\n").replace(b"\\r", b"\\n")',
                "pass",
            ),
        ),
    ),
    Law(
        "last-line-ends",
        "Content that does not end in CRLF gets one; content that does gets no second.",
        "RFC 5321 4.1.1.4",
        (
            Guard(DATA, 'if octets and not octets.endswith(b"\\r\\n"):', "if False:"),
            Guard(DATA, 'if octets and not octets.endswith(b"\\r\\n"):', "if True:"),
        ),
    ),
    Law(
        "blind-copies-are-blind",
        "No field names a blind copy, and no caller writes the fields of relays on the way.",
        "RFC 5322 3.6.3, 3.6.7",
        (
            Guard("pillarbox/mime/header_names.py", '        "bcc",\n', ""),
            Guard("pillarbox/mime/header_names.py", '        "return-path",\n', ""),
        ),
    ),
    Law(
        "short-lines",
        "No line that we build is longer than 998 octets.",
        "RFC 5322 2.1.1, RFC 5321 4.5.3.1.6",
        (
            Guard(
                "pillarbox/mime/bodies.py",
                "if odd or blanks or longest_line(data) > LONGEST_PLAIN_LINE:",
                "if odd or blanks:",
            ),
            Guard(
                "pillarbox/mime/folding.py",
                'raise UnbuildableError(name, f"a word is too long for a line of {MAX_LINE} octets")',
                "pass",
            ),
        ),
    ),
)

"""What a refusal says, beside its first digit."""

from tests.laws.law import Guard, Law

CLASSIFIER = "pillarbox/domain/classification/classifier.py"
CODES = "pillarbox/domain/classification/codes.py"
CONSEQUENCE = "pillarbox/domain/classification/consequence.py"
ORDER = "pillarbox/domain/classification/order.py"
WORDING = "pillarbox/domain/classification/wording.py"

CLASSIFICATION_LAWS = (
    Law(
        "vain-retries",
        "A 4yz that will never succeed is retried and named for what it is.",
        "RFC 5321 4.2.1",
        (Guard(ORDER, "    *PROTOCOL_RULES,\n    *ENCRYPTION_RULES,\n", ""),),
    ),
    Law(
        "refused-elsewhere-taken",
        "A 5yz about a blocklist or a session's limit is not the recipient's.",
        "RFC 5321 4.5.3.1.10",
        (Guard(ORDER, "    *RATE_RULES,\n", ""), Guard(ORDER, "    *BLOCKLIST_RULES,\n", "")),
    ),
    Law(
        "classes-in-conflict",
        "Where basic and enhanced code differ in class, the subject and detail still tell.",
        "RFC 3463 2, RFC 5321 4.2.1",
        (
            Guard(
                CLASSIFIER,
                'reply.enhanced.partition(".")[2] if reply.enhanced else',
                'reply.enhanced.partition(".")[2] if reply.enhanced and reply.enhanced[0] == str(reply.code)[0] else',
            ),
        ),
    ),
    Law(
        "absurd-enhanced-codes",
        "An enhanced code that nobody registered, or that stands within the text, misleads nobody.",
        "RFC 3463 2, IANA smtp-enhanced-status-codes",
        (
            Guard(CLASSIFIER, 'else wording.enhanced or ""', 'else ""'),
            Guard(CLASSIFIER, "if subject in BY_SUBJECT and", "if False and"),
        ),
    ),
    Law(
        "same-code-other-meaning",
        "One code means many things: the text tells which, then the command.",
        "RFC 5321 4.2, RFC 4954 6",
        (
            Guard(
                CLASSIFIER,
                "        _by_text(code, enhanced, command, wording)\n        or ",
                "        ",
            ),
        ),
    ),
    Law(
        "our-account-not-theirs",
        "A refusal of our account, rate or reputation suppresses no address.",
        "RFC 4954 6, RFC 5321 4.2.1",
        (
            Guard(ORDER, "    *LOGIN_RULES,\n    *RELAY_ACCOUNT_RULES,\n", ""),
            Guard(CONSEQUENCE, "return BY_CATEGORY[found.category].suppresses and", "return"),
        ),
    ),
    Law(
        "other-languages",
        "Refusals in other languages, and in octets that were no UTF-8, are understood.",
        "RFC 6531 3.7.4",
        (
            Guard(
                WORDING, "_UNDECOMPOSED = str.maketrans({", "_UNDECOMPOSED = str.maketrans({} and {"
            ),
            Guard(
                CLASSIFIER,
                "    wording = read_wording(reply.text)",
                "    wording = read_wording(reply.text if reply.text.isascii() else '')",
            ),
        ),
    ),
    Law(
        "retry-hints",
        "A text that says when to come back asks for patience, and is no refusal of the recipient.",
        "RFC 6647 2.2",
        (Guard(ORDER, "    *GREYLIST_RULES,\n", ""),),
    ),
)

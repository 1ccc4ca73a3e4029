"""Rules for replies about what the sender's domain publishes: SPF, DKIM, DMARC."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

SENDER_AUTHENTICATION_RULES = (
    Rule(
        name="sender-authentication",
        category=Category.POLICY,
        source=("RFC 7208; RFC 6376; RFC 7489; RFC 7372 X.7.20 to X.7.26; Gmail sender guidelines"),
        says=(
            "spf|dkim|dmarc|domainkeys|domainkey|senderid",
            "sender policy framework",
            "sender id .. fail*|not|pra",
            "purported responsible",
            "authentication check*|level|result*|information|requirement*",
            "unauthenticated mail|email|message|messages|sender",
            ("sender|domain|message|mail|email|from (is|was|domain|address) (not) unauthenticated"),
            "require* .. senders to authenticate",
            "message|mail|email|domain (is|was|did) not (pass) (properly) authenticat*",
            "lack* .. authentication",
            "forged|forgery|forging|spoof|spoofed|spoofing|spoofer",
            "not .. permitted|designated|authori* .. sender",
            "domain alignment",
            "alignment .. fail*|domain",
            "backscatter|bounce address tag",
            "batv|prvs|srs .. invalid|fail*|expired|signature|error|hash",
            "impersonat*",
        ),
        unless=(
            "ptr .. authentication|records|record",
            "unauthenticated .. senders not|commands",
            "ip .. listed|blacklist*|blocklist*|spamhaus",
            "reputation",
            "temporar* .. dns|lookup",
            "user unknown",
            "backscatterer",
            "duplicate header|headers",
        ),
    ),
)

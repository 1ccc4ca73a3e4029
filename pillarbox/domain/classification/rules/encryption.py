"""Rules for replies about TLS: that it is required, or that it failed."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_ENCRYPTION = "tls|starttls|ssl|encryption|encrypted|tlsv1"

ENCRYPTION_RULES = (
    Rule(
        name="encryption-required",
        category=Category.TLS,
        source="RFC 3207 4; RFC 3463 X.7.10 and X.7.11",
        says=(
            "must .. issue|use|send|start|enable|be .. starttls|tls|ssl|encrypted",
            (f"{_ENCRYPTION} .. require*|need*|mandatory|must|first|enforce*|necessary|obligat*"),
            f"require* .. {_ENCRYPTION}",
            f"need*|without|lack*|use|using|enable|only (a) {_ENCRYPTION}",
            "lack of security",
            "secure|encrypted|tls|ssl connection .. require*|need*|only|first",
            "require* .. secure connection|channel|session",
            (
                "plaintext|plain|cleartext|clear|unencrypted .. authentication|auth|login|"
                "connection* .. not|disallowed|disabled|forbidden|prohibited|refused"
            ),
            "insecure|unencrypted|nonsecure connection*|session*",
            "mta sts",
        ),
        unless=(
            "auth* require* .. dmarc",
            "pipeline",
        ),
    ),
    Rule(
        name="encryption-failed",
        category=Category.TLS,
        source="RFC 3207 4: 454; Postfix smtp_tls_security_level",
        says=(
            (
                f"{_ENCRYPTION} .. not|unavailable|fail*|error*|handshake|negotiat*|alert|"
                "unsupported|unable"
            ),
            f"fail*|unable|cannot|could|error|not|does|no .. {_ENCRYPTION}",
            "tls .. upgrade|version|cipher*|protocol",
            "starttls",
            "already encrypted|tls",
            "already in|active|using tls",
            "transport layer security",
            "couriertls",
            "server not authenticated",
            "handshake .. fail*|error",
            (
                "certificate .. expired|invalid|verif*|untrusted|mismatch|require*|fail*|not|"
                "error|revoked|trust*|unknown"
            ),
            "invalid|untrusted|bad|expired .. certificate",
            "no shared cipher",
            "unacceptable|unsupported|weak|invalid cipher|ciphers|tls|ssl",
            "tlsa|dane .. fail*|invalid|record*|mismatch",
        ),
        unless=("sender|user|recipient .. not found|unknown",),
    ),
)

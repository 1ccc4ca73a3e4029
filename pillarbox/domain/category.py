from enum import StrEnum


class Category(StrEnum):
    """Why a recipient was refused or deferred, in words that a caller can act on."""

    INVALID_RECIPIENT = "invalid_recipient"
    INACTIVE_RECIPIENT = "inactive_recipient"
    MAILBOX_FULL = "mailbox_full"
    GREYLISTED = "greylisted"
    RATE_LIMITED = "rate_limited"
    SPAM_BLOCKED = "spam_blocked"
    REPUTATION = "reputation"
    POLICY = "policy"
    AUTH = "auth"
    SIZE = "size"
    CONTENT = "content"
    TLS = "tls"
    ROUTING = "routing"
    SERVER_BUSY = "server_busy"
    NETWORK = "network"
    PROTOCOL = "protocol"
    OTHER = "other"

"""What our own findings mean: a table, since a finding states its reason itself."""

from pillarbox.domain.category import Category
from pillarbox.domain.outcome import FindingCode

BY_FINDING = {
    FindingCode.CONNECTION_LOST: Category.NETWORK,
    FindingCode.REPLY_LOST: Category.NETWORK,
    FindingCode.WORKER_LOST: Category.OTHER,
    FindingCode.PROTOCOL_ERROR: Category.PROTOCOL,
    FindingCode.MESSAGE_TOO_LARGE: Category.SIZE,
    FindingCode.SMTPUTF8_UNAVAILABLE: Category.PROTOCOL,
    FindingCode.EIGHT_BIT_UNAVAILABLE: Category.PROTOCOL,
    FindingCode.UNBUILDABLE: Category.CONTENT,
    FindingCode.LIFETIME_PASSED: Category.OTHER,
}
"""Every `FindingCode`, which a test checks."""

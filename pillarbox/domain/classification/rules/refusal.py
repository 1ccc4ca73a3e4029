"""Rules for refusals that name a policy, or nothing at all."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule
from pillarbox.domain.classification.rules.unknown_recipient import NOT_DEAD

POLICY_RULES = (
    Rule(
        name="policy",
        category=Category.POLICY,
        source="RFC 3463 X.7.1 and X.7.2; RFC 5321 7.8",
        says=(
            ("policy|policies|policyviolation|richtlinie*|politique*|politica*|polityk*|beleid"),
            "not|never welcome|wanted|interested|desired",
            "protocol violation",
            "header error",
            "violat*|violation",
            "host network not allowed",
            "client host rejected",
            "duplicate message",
            "all recipient addresses rejected",
            "not accept* .. messages|mail|email|from|your",
            (
                "prohibited|forbidden|disallowed|restricted|restriction*|verboten|interdit|"
                "prohibid*|vietat*|zabron*|narusz*|запрещ*"
            ),
            "not allowed",
            "delivery (is) not authori*",
            "closed mailing list",
            "message|mail|email is|was banned",
            "organizational settings",
            "permission|permissions denied|not",
            "one or more recipients .. blocked",
            (
                "mail|message|email|messages|sender|delivery|transaction (was|is|from|has|been) "
                "(been|from|was) rejected|refused|denied|blocked|declined|abgelehnt|verweigert|"
                "rejet*|odrzuc*|geweigerd|rechaz*|rifiut*|rejeit*"
            ),
            (
                "rejected|refused|denied|blocked by|due|for|because|as .. destination|reasons|"
                "filter|rule|rules|recipient|server|administrator|admin"
            ),
            "security|compliance",
            "reject*|refus* .. message|mail|email",
            "administrat*",
        ),
        unless=(
            "temporar*",
            "later",
        ),
    ),
)

FAINT_RULES = (
    Rule(
        name="recipient-rejected",
        category=Category.INVALID_RECIPIENT,
        source="Postfix smtpd(8): what stands after the colon, if anything, was tried before",
        says=(
            (
                "recipient|user|addr|address|mailbox|rcpt|recipients (address|addr|addresses) "
                "(has|been|is|was) (been|is) rejected|refused|denied|invalid"
            ),
        ),
        unless=(
            *NOT_DEAD,
            "sender|from|ip|source|client address|addr",
            (
                "policy|violation|prohibit*|restrict*|authorized|authorised|permitted|"
                "permission|error|system|host|domain|network|content|security|hold"
            ),
        ),
    ),
    Rule(
        name="plain-refusal",
        category=Category.POLICY,
        source="RFC 3463 X.7.1",
        says=(
            "access denied|blocked|restricted|rejected|not|refused|forbidden",
            "rejected|refused|denied|blocked",
            "not permitted|authorized|authorised|allowed|accepted",
            (
                "mail|message|email|messages|delivery|transaction (was|is|has|been) (been|was) "
                "rejected|refused|denied|blocked|declined"
            ),
            "отклонен*|отказано|запрещен*|отверг*",
            "拒|禁 绝|收|信|止|否",
        ),
        unless=(
            "temporar*",
            "later",
        ),
    ),
)

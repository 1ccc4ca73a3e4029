"""Rules for messages that are too large."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_LARGE = (
    "large|big|long|heavy|exceed*|exceeds|exceeded|limit|maximum|over|greater|"
    "larger|bigger|oversize*"
)

SIZE_RULES = (
    Rule(
        name="message-too-large",
        category=Category.SIZE,
        source="RFC 1870 6; RFC 3463 X.2.3 and X.3.4",
        says=(
            (
                "message|mail|email|content|body|data|file|attachment|attachments|letter|msg|"
                "transaction|mime (size|length|data|body|is|was|file|content|text|has|of) (is|"
                f"length|data|which) (too|exceeds|exceeded|much) {_LARGE} (the|maximum|fixed|"
                "limit|size) (maximum|fixed|message|limit|size|server) size|limit|length|"
                "maximum|bytes|allowed|mb|kb|by"
            ),
            (
                "message|mail|email|body|data|attachment|attachments|content|msg|letter|file "
                "(size|is|was|length|data|body|file|itself|has|for|delivery) (is|was|length) too"
                f" {_LARGE}"
            ),
            (
                "size|length (of|limit|is|has|exceeds|for|this|the|restriction|quota|message) .."
                " exceed*|limit*|large|big|maximum|max|over|long"
            ),
            (
                "exceed*|over|maximum|max|larger|bigger|greater|above|than|oversize* .. size|"
                "length|bytes|mb|kb|megabytes|octets"
            ),
            "size|length .. exceed*|limit*|larger|greater|maximum|max|restrict*",
            "too large|big",
            "too much (mail) data",
            "oversize*",
            "exceed* .. mailsize",
            "line limit exceeded",
            (
                "message|mail|nachricht|messaggio|mensaje|mensagem|wiadomosc|bericht|taille .. "
                "trop|zu|demasiado|muito|troppo|zbyt|te|depasse gros*|volumin*|grand*|gross|"
                "grande|duz*|groot|volumineux|taille|lourd|longo|largo|la"
            ),
            (
                "taille|grosse|groesse|tamano|tamanho|dimensione|rozmiar|grootte .. depass*|"
                "uberschr*|ueberschr*|exced*|super*|przekrocz*|maxim*|trop|zu|limit*"
            ),
            "depass*|przekrocz*|excede|supera .. taille|rozmiar|tamano|tamanho|dimension*",
            "слишком больш*|велик*",
            "размер .. превыш*|сообщен*|письм*",
            "邮 件 .. 过 大|长",
            "超 过 .. 大 小|尺",
            "大 小 .. 超|限",
            "サ イ ズ",
            "容 量 .. 大",
        ),
        unless=(
            "mailbox|inbox|quota|storage|disk .. size|exceed*|limit|full|maximum|over",
            "header|headers|mime parts",
            "over quota",
            "rate|messages|connections|sessions|recipients .. per|exceed*",
            "per hour|day|minute|second|session|connection",
            "connection* .. exceed*|maximum",
            "over .. mailbox|inbox|quota|storage",
            "too large .. number",
            "domain policy",
            "line|command|addr|path too long",
            "queue|backlog .. too",
        ),
    ),
)

DECLARED_SIZE_RULES = (
    Rule(
        name="over-a-declared-limit",
        category=Category.SIZE,
        source="RFC 3463 X.2.3 and X.3.4",
        enhanced=frozenset({"2.3", "3.4"}),
        says=("exceed*|too|limit|size|large|maximum",),
    ),
)

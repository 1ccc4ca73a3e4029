"""Rules for mailboxes that have no room left."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

DECLARED_FULL_RULES = (
    Rule(
        name="mailbox-full-by-code",
        category=Category.MAILBOX_FULL,
        source="RFC 3463 X.2.2",
        enhanced=frozenset({"2.2"}),
        says=("quota|full|exceed*|over|storage|space|limit",),
    ),
)

MAILBOX_FULL_RULES = (
    Rule(
        name="mailbox-full",
        category=Category.MAILBOX_FULL,
        source=(
            "RFC 3463 X.2.2; Gmail OverQuotaTemp; Postfix virtual(8); Dovecot LDA; qmail vpopmail"
        ),
        says=(
            (
                "mailbox|inbox|mbox|maildir|postfach|boite|buzon|casilla|casella|caixa|skrzynka|"
                "postvak|postkast|bal|recipients|recipient|users|user|account|addr|storage|disk|"
                "mail|box|folder|customer|destinataire (is|has|storage|currently|of|du|box|"
                "ontvanger|van|de|on|kasutaja|quota|temporarily|are|space|s|mailbox|est|ist|"
                "size|de|limit|folder|disk|space) (destinataire|quota|over|s|inbox|mailbox|"
                "reached|is|temporarily|exceeded|currently|full) full|overquota|pleine|saturee|"
                "voll|uberfullt|ueberfuellt|llen*|lleno|piena|cheia|pelna|przepelnion*|vol|"
                "overfull|lotada|overflow*|tais"
            ),
            (
                "mailbox|inbox|maildir|postfach|mbox|boite|buzon|casella|skrzynk*|caixa .. full|"
                "pleine|voll|pelna|przepel*|lleno|piena|cheia|vol|exceed*|quota|overquota|"
                "uberf*|ueberf*|saturee|lotada|llena"
            ),
            (
                "mailbox|storage|disk|inbox|user|users|recipient|recipients|account|mail|addr|"
                "email|maildir|hard|box|overall|diskspace|allocated (has|is|disk|storage|s|"
                "mailbox|the|directory|their|would|box|size|message) (the|exceeded|reached|out|"
                "over|its|be|is) (of|its|his) quota|overquota|storage|allocation|allotted"
            ),
            (
                "quota .. exceed*|full|reached|limit|over|violat*|overdrawn|used|overrun|"
                "exhaust*|depass*|excedid*|superat*|uberschr*|ueberschr*|przekrocz*"
            ),
            (
                "over|exceed*|exceeds|beyond|above (the|his|its|their|allowed|disk|storage|mail|"
                "mailbox|her|allocated|email|of) (storage|disk|mailbox|mail|allocated|email|"
                "allowed|space|message) quota|allocation"
            ),
            "over quota|storage",
            (
                "mailbox|inbox|user|users|account|recipient .. over|exceeded (its|the|his|their)"
                " limit"
            ),
            "overquota",
            "mailquota|mailfolder|mboxfull",
            "full mailbox|inbox",
            "is full",
            "diskspace .. not|exceed*|full|over|available",
            "not|no enough (disk) diskspace",
            "space available|quota",
            "space (is) not|in enough|sufficient",
            "exceed (the|its|his) quota",
            "allowed message count",
            "not|without .. enough|sufficient space",
            "space .. used up",
            (
                "exceed*|reached|over .. storage|mailbox|inbox|disk .. limit|quota|capacity|"
                "allocat*|size|space"
            ),
            (
                "mailbox|inbox|storage|disk (size|space|storage|quota|message|has|capacity) "
                "(limit|exceeded|reached|quota|exceeds|is|limits|its) exceed*|reached|full|"
                "limit|exhausted|maximum"
            ),
            "out of storage|space|disk",
            (
                "no|not|insufficient|lack|enough (enough|sufficient|more|free|of|available) "
                "(disk|storage|mailbox|space|free|quota) space|storage|room|quota .. mailbox|"
                "user|recipient|inbox|account|mail|addr|message|left|deliver"
            ),
            (
                "mailbox|inbox|user|recipient|account .. no|not|insufficient|out|enough .. "
                "space|storage|room"
            ),
            "no room|space left|in|for",
            "space (is) not enough",
            "disk quota|full",
            (
                "too many (stored|old|unread) messages (are) in|on|stored .. mailbox|inbox|"
                "server|disk|folder"
            ),
            "mailbox|inbox|box .. too many|large messages",
            "storage limit|allocation|quota|capacity|space .. exceed*|reached|full|for",
            "clear .. storage|space",
            "speicher* .. voll|uberschr*|ueberschr*|erschopft|erschoepft",
            (
                "espacio|espaco|spazio|espace .. insufic*|insuffi*|suficiente|disponible|esgot*|"
                "esaurit*"
            ),
            "quota .. boite|buzon|casella|skrzynk*|caixa|depasse",
            "przekroczon* .. limit .. skrzynk*|pojemno*",
            "przepelnion*|brak miejsca",
            "maht .. tais|uletatud|uletab",
            "kvoo* .. taitunud|uletatud",
            "переполнен*",
            "ящик .. полон|полн*",
            "превышен* .. квот*|ящик*|объем*",
            "квот* .. превыш*|исчерп*",
            "邮 箱 .. 满|超|容",
            "信 箱 .. 满|滿|超|容",
            "空 间 不|已",
            "超 .. 容 量",
            "容 量 .. 超|满|滿|不",
            "メ ー ル ボ .. 超|満|い",
            "満 杯",
            "мест* .. ящик*",
            "vol .. postvak|mailbox",
        ),
        unless=(
            "send|sending|daily|hourly|relay|messages|outbound quota|limit",
            "system storage|disk|full",
            "message|mail size|length exceeds|too|exceeded",
            "message .. larger|exceeds .. size",
            "policy rejection",
            "queue|spool .. full|disk",
            "its quota for sending",
            "rate|per hour|minute|day",
            "system .. insufficient",
            "insufficient system",
        ),
    ),
    Rule(
        name="mailbox-full-by-data",
        category=Category.MAILBOX_FULL,
        source="RFC 5321 4.5.3.1.9: 552",
        says=("too much mail data addr",),
    ),
)

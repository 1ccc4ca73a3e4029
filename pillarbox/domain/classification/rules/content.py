"""Rules for replies about the form of the message and what it carries."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

CONTENT_RULES = (
    Rule(
        name="malware",
        category=Category.CONTENT,
        source="RFC 5321 7.9; ClamAV; RFC 3463 X.6 and X.7",
        says=(
            (
                "virus|viruses|malware|trojan|infected|clamav|worm|eicar|ransomware|exploit|"
                "antivirus"
            ),
            "virenverdacht|virusmail|вирус*",
            "病 毒",
            "ウ イ ル ス",
        ),
        unless=(
            "scanner|scan .. error|fail*|unavailable|timeout",
            "ip|host|network .. infected",
            "temporar*|later",
            "sent viruses",
            "spam .. virus",
        ),
    ),
    Rule(
        name="attachment",
        category=Category.CONTENT,
        source="Gmail SMTP errors 5.7.0 BlockedMessage; Exchange attachment filter",
        says=(
            (
                "attachment|attachments|attached|anhang|anhange|piece|pieces|adjunto*|anexo*|"
                "allegat*|bijlage .. not|reject*|blocked|illegal|prohibit*|banned|forbidden|"
                "unacceptable|dangerous|type|types|allowed|denied|violat*|disallow*|executable|"
                "guidelines|strip*|jointe"
            ),
            (
                "illegal|prohibited|banned|blocked|forbidden|unacceptable|dangerous|executable|"
                "unsafe|suspicious|disallowed|bad|unauthorized attachment|attachments|extension|"
                "file|filename|attached"
            ),
            "file (type|name|extension) .. not|blocked|banned|forbidden|prohibited",
            "banned file|content|name|extension",
            "macro|macros .. found|not|inside|blocked|detected",
            "password protected|encrypted zip|archive|file|files|archives",
            "multi part|multipart .. rejected|dangerous|not",
            "dangerous|executable file|files|content|attachment|extension*",
            "potential security",
            "extension .. not|blocked|banned|forbidden|prohibited",
            "not|no accept|accepting|accepted|allow* .. attachments|attachment",
            "restricted|maximum|many attachment|attachments",
            "附 件",
        ),
        unless=("attachment is|was|size too|exceeds|over",),
    ),
    Rule(
        name="form-of-the-message",
        category=Category.CONTENT,
        source="RFC 5322 3.6; RFC 2045; RFC 3463 X.6",
        says=(
            (
                "header|headers|headerline (line|is|are|field|name|too|section|fields|has) "
                "large|long|many|missing|invalid|not|malformed|bad|error|syntax|reject*|big|"
                "duplicat*|size|limit|illegal|exceed*|contain*|specify|must"
            ),
            (
                "missing|invalid|bad|malformed|illegal|no|multiple|duplicate|improper|without|"
                "disallowed|required|lack*|broken|unacceptable|too (or|a|many|valid|required|"
                "date|from|message|mime|rfc|rfc5322|received|subject|mail|long) (or|large|many|"
                "id|822|5322|date|to) header|headers|field|fields"
            ),
            "message id .. missing|invalid|required|header|not|no|malformed",
            "missing|invalid|no|valid (valid) message id|messageid",
            "date .. header|missing|invalid|future",
            (
                "from header|field|line .. missing|invalid|not|multiple|must|malformed|contain*|"
                "required"
            ),
            "valid address .. header",
            "from header",
            "too many .. mime|parts|attachments|nested|headers|levels",
            (
                "mime (parts|part|structure|nesting|error|format|encoding|boundary|content) .. "
                "too|invalid|malformed|error|broken|depth|limit|exceed*|many|bad"
            ),
            "malformed|broken|invalid|bad mime|multipart|message|content|encoding|charset",
            "improper use of",
            "eight bit",
            "encoded word*",
            "unicode character*",
            "html tag|subpart|part|message|mail .. unacceptable|not|reject*|consider*",
            "conversion fail*|error",
            "wrongly|badly|improperly formatted",
            "required standards",
            "8 bit|8bit .. header|data|character*|not|content",
            "non ascii|printable .. header|character*|not|subject",
            "null|nul|control byte|bytes|character|characters|octet*",
            (
                "invalid|illegal|forbidden|unacceptable character|characters|byte|bytes|content "
                ".. message|header|body|subject"
            ),
            (
                "rfc 2822|5322|822|2822 .. complian*|conform*|violat*|format|specification*|"
                "header*|not"
            ),
            ("not .. rfc|complian* (2822|5322|822|5321|with|to) .. message|header|5322|2822|822"),
            ("no|empty|missing|without|blank (message) (or) (subject|text) body|subject|content"),
            "media error|type",
            "parse message|mail|email|header|headers|mime",
            "invalid|improper* (formatted) data|binary|structure",
            "unnecessary base64",
            "conversion .. required|prohibited|not|fail*|lossy|lost",
            "content .. conversion|transfer|encoding",
            "html .. not|only",
            "message .. not .. signed|encrypted|rfc",
        ),
        unless=(
            "temporar*|later",
            "hop|hops|loop|too many received",
            "sender address|domain",
            "null sender|mx",
            "command",
            "recipient|mailbox|in addr|address",
        ),
    ),
)

"""Rules for the way to the recipient's domain: loops, hosts and names."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

LOOP_RULES = (
    Rule(
        name="mail-loop",
        category=Category.ROUTING,
        source="RFC 5321 6.3; RFC 3463 X.4.6",
        says=(
            "too many hops|received",
            "hop|hops|hopcount count|limit|exceed*|many|max*",
            (
                "mail|message|routing|forwarding|mx|delivery|possible|email|alias|email|server "
                "(forwarding|routing|mail) loop|loops|looping"
            ),
            "loop|loops|looping (was|has) detect*|back|found",
            "delivered to .. already|loop",
            "looping|loops|mailloop",
            "received .. count|counts",
            "best preference mx",
            "received headers .. many|exceed*|loop",
            "schleife|bucle|boucle|petla|зациклив*",
            "循 环|環",
            "ル ー プ",
            "maximum hop",
        ),
    ),
)

ROUTE_RULES = (
    Rule(
        name="no-route",
        category=Category.ROUTING,
        source="RFC 3463 X.1.2, X.4.3, X.4.4; RFC 7505; Postfix reject_unknown_recipient_domain",
        says=(
            (
                "host|domain|hostname|nameserver|system (name|or|of|recipient|address|is|was|"
                "not|domain|part|addr|does|has|for|you) (or|not|name|domain|is|could|a|been|"
                "addr) (not|name|be|no|domain) (be) found|unknown|exist|reachable|unreachable|"
                "nonexistent|invalid|resolve*|resolvable|routable|recognised|recognized|"
                "undefined|unroutable|exists|local|hosted|valid|known|served|handled|configured|"
                "accepted|here|available|registered|setup|supported"
            ),
            (
                "domain|host .. not .. exist|found|reachable|hosted|handled|served|local|"
                "configured|resolve|our|available|known|valid|registered|accepted|supported|here"
            ),
            "domain|host .. doesnt|does|no (not) exist|resolve|mx|longer|have|accept",
            (
                "unknown|invalid|no|bad|nonexistent|illegal|undeliverable|unreachable (such|"
                "recipient|mail|destination|email|target) (recipient|destination|mail) domain|"
                "host|destination|system|route|hostname|mx"
            ),
            "no such domain|host|destination",
            "null mx|nullmx",
            "find any host|server|mail",
            "find a|any mail exchanger",
            "mx|srv .. no smtp service",
            "domain not used for mail|email",
            "illegal host",
            "point|points back",
            "domain (is) not|no (longer) in use",
            (
                "mx record|records|host|hosts|lookup|points|entry|server .. not|no|fail*|"
                "localhost|loopback|invalid|null|bad|does|itself|accept|unable|point*|127|error"
            ),
            "no|bad|invalid|missing|null|without (valid|usable|working) mx",
            "dns .. fail*|error|not|unable|timeout|nxdomain|servfail|problem|invalid|no",
            (
                "unable|cannot|failed|not|cant|no to|route|find (route|resolve|find|lookup|"
                "contact|connect|locate) .. domain|host|mx|route|destination|relay|next|"
                "exchanger"
            ),
            "not routable|route",
            "no route|routing|mail exchanger|exchanger*",
            "unrout* domain|host|mail",
            "routing .. error|fail*|problem|denied|table",
            "name server|service|resolution .. fail*|not|error|timeout",
            "nxdomain",
            "does not accept mail|email|messages nullmx|null|mx|domain",
            "not accepting network messages",
            "mail for .. not|loops|isnt",
            "next hop|destination .. unreachable|unavailable|not|fail*",
            (
                "domain .. unbekannt|inconnu|inexistant|existe|existiert|onbekend|nieistn*|"
                "desconocid*|invalido"
            ),
            "domaine .. inconnu|n|inexistant|introuvable",
            "домен* .. не|неизв*|отсутств*",
            "域 名",
            "ド メ イ ン",
            "we do not|dont .. handle|serve|host",
            "does not exist",
        ),
        unless=(
            "sender|from|envelope|return|helo|ehlo domain|address|addr|host|not|path",
            "your|client|sending|connecting|sender host|domain|ip|hostname|server",
            "policy",
            "mailfrom",
            "mail from",
            "user|mailbox .. unknown|exist",
            "temporar*|later",
            "timed|timeout",
            "authorized|authorised|permitted|allowed",
            "reverse|ptr|rdns",
            "resource*",
        ),
    ),
    Rule(
        name="host-takes-no-mail",
        category=Category.ROUTING,
        source="RFC 7504: 521, 556",
        codes=frozenset({521, 556}),
        says=("not accept|accepting (any) mail|email|messages",),
    ),
)

"""Rules for replies about our host's place on lists and its names in DNS."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

BLOCKLIST_RULES = (
    Rule(
        name="named-blocklist",
        category=Category.REPUTATION,
        source=(
            "The operators' own pages: Spamhaus, SpamCop, Barracuda, SORBS, UCEPROTECT, "
            "PSBL, Invaluement, Abusix, Cloudmark CSI, Proofpoint PDR, Trend Micro ERS"
        ),
        says=(
            (
                "spamhaus|spamcop|sorbs|uceprotect|abuseat|dnsbl|dnsbls|rbl|rbls|spamrats|"
                "senderscore|senderbase|invaluement|psbl|mailspike|surriel|backscatterer|njabl|"
                "dsbl|ivmsip|spfbl|hostkarma|junkemailfilter|ahbl|ordb|mailabuse|"
                "barracudacentral|barracudanetworks|abusix|nixspam|trustedsource|ipcheck|gbudb|"
                "0spam|blocklistde|anonmails|nszones|imrss|blackholes|talosintelligence|"
                "fortiguard|spameatingmonkey|wpbl|abusech|rfc1918|dnswl|swinog|bsb|cdrbl|msrbl|"
                "lashback|sbl|xbl|pbl|cbl|sblcss|dynablock|blackhole|spambl|rblsmtpd|ipbl"
            ),
            "mail abuse org|com",
            "cloudmark|csi .. reset|cloudmark",
            "barracuda reputation|central|brbl",
            "trend micro|trendmicro .. reputation|ers|block*|list*",
            "proofpoint dynamic",
            (
                "block|black|deny|reject|realtime|reputation|dnsbl|bad|ban list|lists|listed|"
                "listing|hole"
            ),
            (
                "blacklist*|blocklist*|denylist*|blockliste|blacklista|schwarz* .. ip|host|"
                "server|client|rbl|network|your|dns"
            ),
            (
                "ip|host|server|client|network|isp|hostname|you|found|using|by|on|in .. "
                "blacklist*|blocklist*|denylist*|schwarzen|liste"
            ),
            "listed in|at|by|on",
            "blocked using|by|through|via .. org|net|com|list|dnsbl|ip|rbl",
            "your domain .. blacklist*|blocklist*",
            "is blacklisted|blocklisted",
            "blocklisting|blacklisting",
            "poor|bad|low|negative (sender|email|mail) reputation",
            "ivm sip",
            "lista negra|nera",
            "liste noire",
            "czarn* list*",
            "must* nimekir*",
            "черн* спис*",
            "блеклист*|blacklist",
            "黑 名 单|單",
            "ブ ラ ッ ク リ ス ト",
        ),
        unless=(
            (
                "url|uri|uris|urls|link|links|body|content .. spamhaus|surbl|uribl|dbl|listed|"
                "block|black|blacklist*|blocklist*|contains"
            ),
            "multi uribl|surbl",
            "blacklist*|blocklist*|listed (in) url|urls|uri|link|links",
            "listed in my|locals|rcpthosts|directory|alias*|local",
            "recipient|user|users .. blacklist*|blocklist*|block list",
            "mailbox|user|recipient|addr .. not listed",
            "not listed",
            "account|user .. may not exist",
            "rcpthosts",
            "greylist*|graylist*",
            "blocked by (the) recipient|user|sender|policy",
            (
                "sender|from|mailfrom (email) (addr|address) (is|has|was) (been|on|in) "
                "(domains|a|the) blacklist*|black|blocklist*"
            ),
            "sender addr .. blacklist*|blocked",
            "suspicious .. listed",
            "spam score",
        ),
    ),
    Rule(
        name="reverse-name",
        category=Category.REPUTATION,
        source="RFC 7372 X.7.25; RFC 1912 2.1; Postfix reject_unknown_client_hostname",
        says=(
            "ptr|rdns|fcrdns|revdns",
            (
                "reverse dns|hostname|lookup|lookups|name|host|ip|address|resolution|record|"
                "mapping|resolve|entry|zone"
            ),
            "ip name lookup",
            "failure in dns",
            "name lookup failed",
            (
                "cannot|could|couldnt|unable|cant|not .. find|resolve .. your hostname|reverse|"
                "host|ip"
            ),
            "client host .. cannot find your",
            "hostname not|does|doesnt .. resolve|match|found .. ip|address|client",
            "ip .. not|does|doesnt|no|without .. resolve|hostname|dns|reverse|resolvable",
            ("unverifyable|unverifiable|unresolvable|unresolved|nonresolv* .. ip|ips|host|client"),
            "forward confirmed",
            (
                "no|invalid|missing|bad|forged|without|generic dns|rdns|hostname (name|entry|"
                "record|ptr) (for) ip|host|client|your|record|for"
            ),
            "does not resolve",
            "may be forged",
            (
                "generic|dynamic|dialup|residential|consumer|pool|dsl|adsl (dns|looking|ip|rdns)"
                " hostname|name|ptr|rdns|host"
            ),
            "iprev",
            "dns .. inverse*|inverso|inversa",
            "inverse*|inverso|inversa .. dns|ip",
            "reverse .. does not match",
            "обратн* .. dns|зон*|запис*|ptr",
            "反 向 解",
            "逆 引",
        ),
        unless=(
            ("sender|from|recipient|mail|envelope address|domain|addr (does|must) .. resolve|not"),
            "domain .. does not resolve",
            "dynamic .. listed",
        ),
    ),
    Rule(
        name="host-name-in-helo",
        category=Category.REPUTATION,
        source=(
            "RFC 5321 4.1.4; Postfix reject_unknown_helo_hostname; Gmail SMTP errors 5.5.4 helo"
        ),
        says=(
            (
                "helo|ehlo|hello (command|name|host|hostname|string|domain|argument) rejected|"
                "reject|blocked|denied|refused|not|does|mismatch|forged|impersonat*|must|is|"
                "invalid"
            ),
            "helo|ehlo .. resolve|match|dns|found|own|fully|fqdn|rejected|argument",
            "invalid|bad|forged|fake|wrong|unacceptable|suspicious .. helo|ehlo",
            "invalid domain name",
            "not|stop|dont use .. my|our|your .. name|hostname|helo",
        ),
        unless=(
            "helo|ehlo .. first|syntax|required",
            "helo|ehlo .. invalid ip|character*",
            "helo|ehlo not supported|implemented|recogni*",
            "command|verb not recogni*|unknown|implement*",
            "spf",
        ),
    ),
)

"""Rules for replies about where the mail comes from: the reputation of host and network."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_CLIENT = (
    "ip|ips|host|hostname|client|network|mta|isp|subnet|netblock|range|mailserver|"
    "connection|connections|provider|neighborhood"
)

_BLOCKED = (
    "blocked|blacklisted|blocklisted|blacklist|blocklist|banned|listed|denylisted|"
    "bloque*|gesperrt|blokkiert|rejected|denied|refused|block|zablokow*|bloccat*|"
    "geblokkeerd|geblockt|abgelehnt|blocklisting|blacklisting|unwelcome|prohibited|"
    "suspicious|quarantined|greylisting"
)

CLIENT_RULES = (
    Rule(
        name="ip-blocked",
        category=Category.REPUTATION,
        source="GoDaddy IB110 to IB112; Microsoft S3140",
        says=(
            "ip|ips .. is|are|has|have|was|were|been blocked|blacklisted|banned|blocklisted",
            (
                "this|your|client|source|sending|the|from|connecting|sender ip|ips (address|"
                "addresses|ip) has|have|is|was .. blocked|blacklisted|banned|blocklisted"
            ),
        ),
    ),
    Rule(
        name="poor-reputation",
        category=Category.REPUTATION,
        source=(
            "Gmail SMTP errors 4.7.28 and 5.7.1; Yahoo TSS04; Microsoft S3140 and S3150; "
            "Cisco Talos; Proofpoint"
        ),
        says=(
            "reputation|reputacion|reputazione|reputacao|reputatie|репутац*",
            "user|users complaints|complaint",
            "too many complaints",
            "intrusion",
            "complaint* .. users|rate|from|about|received",
            "unusual rate .. mail|email|unsolicited|messages|traffic",
            "unsolicited .. originating|from .. your|ip",
            ("tss01|tss02|tss03|tss04|tss05|tss06|tss07|tss08|tss09|tss10|tss11|ts01|ts02|ts03"),
            "s3140|s3150|s3111|s3113|s775|csi",
            "low trust|score|quality",
            "reputation score",
            "poor|bad|negative|low|no|weak .. reputation|score|karma|history",
            "spam source|sources|sender|sending|origin|house",
            "source|origin of (unsolicited) spam|abuse|attacks",
            "history of .. spam|abuse",
            "spamtrap*|honeypot|trap hit",
            (
                "abusive|abuse|suspicious|malicious .. ip|host|network|server|activity|"
                "connection*|behavior|behaviour|traffic"
            ),
            "ip|host|network|server .. abuse*|abusive|suspicious|malicious",
            "due to .. abuse",
            "open relay|proxy|relays|proxies|resolver",
            "tor exit|node",
            (
                "zombie|botnet|bot|trojan|infected|compromised|hijacked .. ip|host|machine|"
                "computer|pc|network"
            ),
            (
                "dynamic|residential|dialup|dial|dsl|adsl|cable|consumer|dhcp|pool|home (up|"
                "assigned|user) ip|ips|address|addresses|host|hosts|range|space|network|"
                "networks|client|clients|user|users|pool|block|line|connection*|customers"
            ),
            "dynami* ip|ips|adres*|host*",
            (
                "use|through|via .. smtp server|relay|mail|smarthost (server|relay) .. your "
                "(own) isp|provider|internet"
            ),
            "not accept|accepting .. connections|connection|mail|direct .. from|dynamic",
            "not accepting connections|smtp|mail .. from",
            "not|no|isnt|never allowed|permitted|accepted|authorized|welcome to connect",
            "may not be mail exchanger",
            "no|not access from (mail) server|ip|host|your|this|here",
            "bad neighborhood|neighbourhood|network|host|client",
            "sent .. spam|viruses|junk|uce|ube from .. ip|host|server|network|your",
            "ip|host|server|network|client|range .. spam|spamming|spammer|junk|uce|ube|bulk",
            "spam .. ip|ips|host|server|network",
            "too many invalid|bad|unknown .. recipients|users|addresses & ip|blocked|host",
            "directory harvest*",
            "dictionary attack*",
            "harvesting",
            "spam origin|source",
            "unknown (source|sending) ip|client",
            "sending spam",
            "spam complaint*|complaints",
            "mail|sending|smtp server (is|has) (been) (currently) blocked|banned|blacklisted",
            "blocked for|due abuse|spam",
            "due to abuse",
            "untrusted|unwelcome|unacceptable (source|sending) ip|host|client|server|network",
            "deferred .. unexpected volume|complaints",
            "geo|geographic*|geoip|country .. block*|reject*|denied|not|banned|restrict*",
            "reject*|blocked|not|deny|denied .. country|countries|region",
            "black|bad ip",
            "no|not access (for) (this) ip|host|server|address",
            "unauthori* interface",
            "access to submit messages",
            "ip .. 不|未|无",
            "daily relay quota",
            "pocz* z .. adresu",
            "ip 被|禁|受",
            "发 信 ip",
            "ip .. 被 .. 禁|封|拒",
        ),
        unless=(
            "url|uri|link|links|attachment .. reputation|malicious|suspicious",
            "recipient|user|mailbox .. spam folder",
            "open relay .. denied",
            "sandbox",
            "relay|relaying denied|prohibited",
            "suspicious .. attachment*|content|file",
            "no such user",
            "user unknown",
            "too many .. connections|concurrent|sessions",
            "greylist*|graylist*",
            "transaction|session .. score",
            ("message|content|email|mail .. score|rated|classified|flagged|detected|identified"),
        ),
    ),
    Rule(
        name="client-blocked",
        category=Category.REPUTATION,
        source=(
            "RFC 3463 X.7.1; Postfix reject_rbl_client, check_client_access; Microsoft 5.7.606"
        ),
        says=(
            (
                f"{_CLIENT} (address|addr|ip|name|is|has|was|been|host|hat|wurde|est|a|ist|"
                "temporarily|are|currently) (is|has|was|been|temporarily|ip|currently|"
                f"permanently|were|are) (been|temporarily|permanently|currently) {_BLOCKED}"
            ),
            (
                "your|this|client|connecting|sending|source|remote|originating|originator|from "
                "ip|ips|network|server|host|isp|mta|subnet|mailserver|mailhost|connection|smtp "
                ".. blocked|blacklist*|listed|banned|rejected|denied|refused|barred|restricted|"
                "bloque*|prohibited|forbidden|unauthori*|suspend*|not"
            ),
            (
                "access|connection|connections|mail|email|messages|traffic|delivery|service from"
                " (your|this|the|that|ip|host|client) (ip|host|server|network|address|isp|addr|"
                "mail|subnet) .. blocked|rejected|denied|refused|banned|not|prohibited|"
                "forbidden|restricted"
            ),
            (
                "block*|banned|reject*|refus*|den* .. ip|your ip|server|network|host|isp|mta|"
                "connection"
            ),
            (
                "connection|connect* (from|is|was|has|been|attempt|to) refused|rejected|denied|"
                "dropped|blocked|prohibited|forbidden|not"
            ),
            "banned .. ip|sending|sender|host|server",
            "ip .. not .. allowed|authori*|permitted|accepted|welcome",
            "invalid ip",
            "ip|host|server .. not .. whitelist*|allowlist*|safelist*",
            "mismatch* .. client|ip|host",
            (
                "mail|email|emails|messages from ip werent|was|were|is|are|wasnt (not) sent|"
                "accepted|delivered|rejected|refused"
            ),
            "ip .. problem occurred",
            "your (ip|host|server|network) .. blocked|blacklisted|blocklisted|banned",
            "access denied .. ip|host|your",
            "adresse|adresses ip .. bloque*|rejet*|refus*|interdit*|liste*|noire",
            "ip adres* .. gesperrt|blockiert|geblokkeerd|abgelehnt|geweigerd|zablok*|odrzuc*",
            ("direccion|endereco|indirizzo ip .. bloque*|rechaz*|bloccat*|rifiut*|lista*|rejeit*"),
            ("ip .. bloque*|bloccat*|gesperrt|zablok*|blokeeri*|заблок*|запрещ*|отклон*|отверг*"),
            "adres* ip .. zablok*|odrzuc*|lis*",
            "bloque* .. spam",
            "bloques par nos services",
        ),
        unless=(
            "too many|rate|limit|concurrent",
            "user|recipient|mailbox|account unknown|not|is|address|addr",
            "attachment|virus|url",
            "timed out",
            "policy reasons",
            "lost|timeout|reset|remote|upstream",
            "connection refused .. too",
            "client host rejected .. access|policy|network",
            "configuration error|problem",
            "sender addr|address",
            "your message|email|letter (has|was|is) (been) blocked|rejected|refused",
            "server .. not .. available|respond*|configured|ready|accept*|support*",
            "connection not",
            "domain rejected|blocked .. policy|destination",
            "temporarily unavailable",
            "greylist*|graylist*",
            "authenticat*",
            "destination domain",
            "organization",
        ),
    ),
)

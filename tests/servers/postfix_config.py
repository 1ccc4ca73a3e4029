"""The configuration of a Postfix that relays nothing and keeps everything in a Maildir."""

import grp
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.ports import LOOPBACK

MESSAGE_SIZE_LIMIT = 30_000_000
"""Octets: above the 25 MB that a message may have."""

SHORT_PATIENCE = ("smtpd_timeout=1", "smtpd_hard_error_limit=5", "smtpd_junk_command_limit=5")
"""Seconds of silence; wrong recipients, or so many commands like RSET between two messages."""

RECIPIENT_RULES = """\
/^unknown(\\+.*)?@/     550 5.1.1 User unknown
/^greylisted(\\+.*)?@/  450 4.2.0 Greylisted
"""
"""What RCPT answers by recipient; case does not matter (regexp_table(5))."""

SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/sasldb2
mech_list: PLAIN LOGIN SCRAM-SHA-256
"""

SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Listeners:
    """The ports: STARTTLS and AUTH; TLS from the first byte; neither; a client certificate; short.

    The last one is the first with little patience: see `SHORT_PATIENCE`.
    """

    submission: int
    submissions: int
    plain: int
    certified: int
    short: int


def main_cf(root: Path, *, chain_files: tuple[Path, ...]) -> str:
    """Render main.cf for a Postfix whose folders are under `root`."""
    nobody = pwd.getpwnam("nobody")
    return render(
        common(root),
        {
            "mynetworks": "",
            # TLS, SASL and who may send
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_auth_only": "yes",
            "smtpd_tls_chain_files": ", ".join(map(str, chain_files)),
            "smtpd_tls_fingerprint_digest": "sha256",
            "relay_clientcerts": f"texthash:{root}/etc/certified",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_local_domain": "test",
            "smtpd_relay_restrictions": "permit_sasl_authenticated,reject",
            "smtpd_recipient_restrictions": f"check_recipient_access regexp:{root}/etc/recipients",
            "smtpd_forbid_bare_newline": "reject",  # "yes" only normalises, and would hide ours
            "smtpd_forbid_bare_newline_reject_code": 521,
            # what came in is kept as it came
            "local_header_rewrite_clients": "",
            "message_size_limit": MESSAGE_SIZE_LIMIT,
            "default_transport": "virtual",
            "virtual_mailbox_limit": 0,
            "virtual_mailbox_base": root / "mail",
            "virtual_mailbox_maps": "static:inbox/",
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{grp.getgrgid(nobody.pw_gid).gr_gid}",
            "virtual_minimum_uid": 1,
            # many wrong recipients: not an attack here
            "smtpd_error_sleep_time": "0",
            "smtpd_soft_error_limit": 10_000,
            "smtpd_hard_error_limit": 10_000,
        },
    )


def common(root: Path) -> dict[str, object]:
    """Return what every Postfix here has: its folders under `root`, loopback only, no DNS."""
    return {
        "compatibility_level": "3.6",
        "queue_directory": root / "spool",
        "data_directory": root / "data",
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "command_directory": "/usr/sbin",
        "daemon_directory": "/usr/lib/postfix/sbin",
        "maillog_file": root / "spool" / "maillog",
        "maillog_file_prefixes": root,
        "inet_interfaces": LOOPBACK,
        "inet_protocols": "ipv4",
        "myhostname": "relay.test",
        "mydestination": "",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        "smtp_dns_support_level": "disabled",
        "smtpd_peername_lookup": "no",
        # one client and many connections: not an attack here
        "smtpd_client_connection_count_limit": 0,
        "in_flow_delay": "0",
    }


def render(*settings: Mapping[str, object]) -> str:
    """Write settings as main.cf; a later one wins."""
    return "".join(f"{name} = {value}\n" for each in settings for name, value in each.items())


def master_cf(listeners: Listeners) -> str:
    """Render master.cf with one smtpd for each listener."""
    services: dict[int, Sequence[str]] = {
        listeners.submission: [],
        listeners.submissions: ["smtpd_tls_wrappermode=yes"],
        listeners.plain: [
            "smtpd_tls_security_level=may",
            "mynetworks=127.0.0.0/8",
            "smtpd_relay_restrictions=permit_mynetworks,reject",
        ],
        listeners.certified: [
            "smtpd_tls_ask_ccert=yes",
            "smtpd_sasl_auth_enable=no",
            "smtpd_relay_restrictions=permit_tls_clientcerts,reject",
        ],
        listeners.short: SHORT_PATIENCE,
    }
    lines = [
        " ".join([f"{LOOPBACK}:{port} inet n - n - - smtpd", *(f"-o {item}" for item in options)])
        for port, options in services.items()
    ]
    return "\n".join(lines) + "\n" + SERVICES

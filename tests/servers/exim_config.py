"""The configuration of an Exim that relays nothing and keeps everything in a Maildir."""

from pathlib import Path

from pillarbox.sandbox.certificate import Certificate
from tests.ports import LOOPBACK
from tests.servers.mail_server import SIZE_LIMIT

USER = "Debian-exim"
"""Whom Debian's build wants to be."""

SESSION_TRANSACTIONS = 1000
"""Exim's own limit on the messages of a session."""

CONFIGURATION = """\
exim_path = {program}
exim_user = {user}
exim_group = {user}
spool_directory = {root}/spool
log_file_path = {root}/log/%s
pid_file_path = {root}/spool/exim.pid
primary_hostname = relay.test
local_interfaces = <; [{address}]:{port} ; [{address}]:{tls_port}
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
chunking_advertise_hosts = *
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
smtp_enforce_sync = true
smtp_accept_max_nonmail = 10
smtp_accept_max_nonmail_hosts = *
smtp_accept_max_per_connection = {transactions}
smtp_accept_max = 0
# each mail is kept when it comes, whatever came before it
smtp_accept_queue_per_connection = 0
deliver_drop_privilege = true
message_size_limit = {size_limit}
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
add_environment =
acl_smtp_rcpt = check_rcpt

begin acl
check_rcpt:
  deny local_parts = unknown
       message = User unknown
  defer local_parts = greylisted
       message = Greylisted
  accept authenticated = *
  deny message = Authenticate first

begin routers
everybody:
  driver = accept
  transport = keep

begin transports
keep:
  driver = appendfile
  directory = {root}/mail/inbox
  maildir_format
  return_path_add
  envelope_to_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{login}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{login}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
"""


def exim_conf(
    program: Path,
    root: Path,
    certificate: Certificate,
    *,
    ports: tuple[int, int],
    login: tuple[str, str],
    transactions: int | None,
) -> str:
    """Render the configuration of an Exim whose folders are under `root`."""
    port, tls_port = ports
    user, password = login
    return CONFIGURATION.format(
        program=program,
        root=root,
        user=USER,
        address=LOOPBACK,
        port=port,
        tls_port=tls_port,
        certificate=certificate.certificate_file,
        key=certificate.key_file,
        transactions=transactions or SESSION_TRANSACTIONS,
        size_limit=SIZE_LIMIT,
        login=user,
        password=password,
    )

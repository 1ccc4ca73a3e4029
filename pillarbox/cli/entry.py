import click

from pillarbox.cli.actions import cancel, retry
from pillarbox.cli.doctor import doctor
from pillarbox.cli.erase import erase
from pillarbox.cli.keys import keys
from pillarbox.cli.processes import api, migrate, sandbox, scheduler, worker
from pillarbox.cli.relay import relay
from pillarbox.cli.reply import reply
from pillarbox.cli.send import send
from pillarbox.cli.status import status
from pillarbox.cli.up.command import up


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pillarbox")
def main() -> None:
    """Send mail over HTTP through an SMTP relay, and know what became of every recipient."""


_COMMANDS = (
    *(up, api, worker, scheduler, migrate, sandbox),
    *(send, status, cancel, retry, reply, relay, doctor, keys, erase),
)
for command in _COMMANDS:
    main.add_command(command)

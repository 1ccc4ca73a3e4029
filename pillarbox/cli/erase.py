import json

import click

from pillarbox.cli.setting_errors import load_settings, told_in_one_line


@click.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def erase(address: str, *, as_json: bool) -> None:
    """Erase one recipient's ADDRESS and what was written to it, in the database itself.

    What waits to be sent to it is cancelled; counts of what was sent stay.
    """
    settings = load_settings()
    from pillarbox.bootstrap import make_eraser, open_stores, parse_address  # noqa: PLC0415 - loads SQLAlchemy

    try:
        parsed = parse_address(address)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="ADDRESS") from None
    with told_in_one_line():
        erased = make_eraser(open_stores(settings)).erase(parsed)
    if as_json:
        click.echo(json.dumps({"messages": erased.messages, "under_way": erased.under_way}))
    else:
        click.echo(f"erased from {_counted(erased.messages)}")
        if erased.under_way:
            click.echo(f"under way to it just now: {erased.under_way}; ask again", err=True)


def _counted(messages: int) -> str:
    return "1 message" if messages == 1 else f"{messages} messages"

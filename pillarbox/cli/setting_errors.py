import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.settings import SettingError, Settings
from pillarbox.settings_survey import load


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """End the command with one line that names a wrong setting or an absent store."""
    try:
        yield
    except SettingError as error:
        raise click.ClickException(str(error)) from None
    except StoreUnavailableError as error:
        raise click.ClickException(f"the store does not answer: {_in_one_line(error)}") from None


def _in_one_line(error: Exception) -> str:
    """Leave out what a driver's text says behind its first line, and its class before that."""
    return re.sub(r"^\([\w.]+\) ", "", str(error)).partition("\n")[0]


def load_settings() -> Settings:
    """Read the settings, or end the command with the line that names the wrong one."""
    with told_in_one_line():
        return load(os.environ)

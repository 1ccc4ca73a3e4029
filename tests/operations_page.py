"""What the pages for operators tell them to type, for the tests that type it."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.installation import ROOT, clean_environment

PAGES = ROOT / "docs" / "operations"
COMMAND_SECONDS = 300
SEARCHED = "PATH"

_SECTION = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, heading: str, language: str = "sh") -> list[str]:
    """Return the blocks of a section of a page, in order; there is one at least."""
    found = sections(page)[heading]
    written = [text for kind, text in _BLOCK.findall(found) if kind == language]
    assert written, f"{page} has nothing to type under {heading}"
    return written


def sections(page: str) -> dict[str, str]:
    """Return the text of a page by its headings."""
    text = (PAGES / page).read_text(encoding="utf-8")
    parts = _SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


class Operator:
    """Somebody at a shell, with an installation's settings and `pillarbox` on the PATH."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        programs = folder / "operators-bin"
        programs.mkdir(exist_ok=True)
        script = programs / "pillarbox"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -m pillarbox.cli "$@"\n')
        script.chmod(0o755)
        usual = clean_environment()
        self.environment = {
            **usual,
            **environment,
            SEARCHED: f"{programs}:{usual.get(SEARCHED, '')}",
            "COLUMNS": "200",
        }

    def add_program(self, name: str, text: str) -> None:
        """Put a program before all others of its name."""
        script = self.folder / "operators-bin" / name
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)

    def type(self, *commands: str, **places: str) -> str:
        """Type commands into one shell, and return what they printed; they succeed.

        `places` are folders of the page, by the name that it gives them behind `/`
        (`opt_pillarbox` is /opt/pillarbox), and where they are here.
        """
        script = "\n".join(commands)
        for name, place in places.items():
            script = script.replace(f"/{name.replace('_', '/')}", place)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

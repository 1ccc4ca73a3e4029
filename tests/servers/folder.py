"""A server's own folder: everything it writes is in there, and goes with it."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

EVERYBODY_MAY_PASS = stat.S_IXOTH
ROOTS = ("/var/tmp", "/dev/shm")


class ServerFolder:
    """A new folder of mode 755 that any user can reach: servers leave root's rights behind."""

    def __init__(self, server: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"pillarbox-{server}-", dir=_reachable_root()))
        self.path.chmod(0o755)

    def make(self, name: str, *, owner: str | None = None, mode: int = 0o755) -> Path:
        """Make a folder inside, for `owner` (a user's name; needs root) or for ourselves."""
        folder = self.path / name
        folder.mkdir(parents=True)
        folder.chmod(mode)
        if owner is not None:
            shutil.chown(folder, owner)
        return folder

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path)


def _reachable_root() -> str:
    roots = (tempfile.gettempdir(), *ROOTS)
    return next((root for root in roots if _is_reachable(Path(root))), roots[0])


def _is_reachable(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and all(
        step.stat().st_mode & EVERYBODY_MAY_PASS for step in (folder, *folder.resolve().parents)
    )

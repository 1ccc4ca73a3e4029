"""The image, built anew by tools/build_image.sh, and its files as they are."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.servers.presence import in_ci, lacking

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "build_image.sh"
CANNOT = 75
"""The script's exit status where it cannot build at all."""
BUILD_SECONDS = 600.0
"""With a cold cache: packages, a Debian, and every wheel over a slow line."""


class BuiltImage:
    """Made by a build; `root` and `base` are the files of the image and of what it stands on.

    `config` is what it says of itself (OCI image configuration). `close()`
    removes the image, and leaves the base for the next one.
    """

    def __init__(self) -> None:
        self.name = f"localhost/pillarbox-test:{os.getpid()}"
        self._containers: list[str] = []
        self._build()
        try:
            self.document: dict[str, Any] = json.loads(
                self._buildah("inspect", "--type", "image", self.name)
            )["OCIv1"]
            self.config: dict[str, Any] = self.document["config"]
            self.root = self._mount(self.name)
            self.base = self._mount(self._base_name())
        except BaseException:
            self.close()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets."""
        pairs = (each.partition("=") for each in self.config["Env"])
        return {name: value for name, _, value in pairs}

    def close(self) -> None:
        """Remove the image and what was mounted of it."""
        for container in self._containers:
            self._buildah("rm", container)
        self._buildah("rmi", self.name)

    def _build(self) -> None:
        done = subprocess.run(
            [SCRIPT],
            env=os.environ | {"IMAGE": self.name},
            check=False,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
        if done.returncode == CANNOT and not in_ci():
            lacking("the image", done.stderr.strip())
        assert done.returncode == 0, done.stdout + done.stderr

    def _base_name(self) -> str:
        default = "localhost/pillarbox-base:trixie"
        return os.environ.get("BASE", default)

    def _mount(self, image: str) -> Path:
        container = self._buildah("from", "--pull-never", image).strip()
        self._containers.append(container)
        return Path(self._buildah("mount", container).strip())

    def _buildah(self, *arguments: str) -> str:
        done = subprocess.run(
            [SCRIPT, "buildah", *arguments], check=False, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

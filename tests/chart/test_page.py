"""What docs/kubernetes.md tells people to type is something that works."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.chart.matrix import EXTERNAL
from tests.chart.rendering import CHART, Object, helm, parsed, program, render
from tests.servers.installation import ROOT

PAGE = ROOT / "docs" / "kubernetes.md"
BLOCK = re.compile(r"```(sh|yaml)\n(.*?)```", re.DOTALL)
ASKED = re.compile(r" ((?:job|deployment|service)/[a-z-]+)")
FILE = re.compile(r"# ([a-z]+\.yaml)\n")
OF_A_CLUSTER = {"--wait", "--create-namespace", "--timeout", "15m"}
"""What `helm install` and `upgrade` take and `helm template` does not."""

RENDERING = ("install", "upgrade")


def _blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def _commands(name: str) -> list[str]:
    lines = "\n".join(_blocks("sh")).replace("\\\n", " ").splitlines()
    found = [line for line in lines if line.startswith(f"{name} ")]
    inner = [line.partition("$(")[2].rstrip(")") for line in lines if f"$({name} " in line]
    return found + inner


HELM = _commands("helm")
KUBECTL = _commands("kubectl")


def _files(folder: Path) -> None:
    for block in _blocks("yaml"):
        match = FILE.match(block)
        assert match, block
        (folder / match[1]).write_text(block, encoding="utf-8")


def _rendered(command: str, folder: Path) -> list[Object]:
    _, _verb, release, chart, *rest = shlex.split(command)
    assert "./helm" == chart
    arguments = [str(folder / each) if each.endswith(".yaml") else each for each in rest]
    arguments = [each for each in arguments if each not in OF_A_CLUSTER]
    return parsed(helm("template", release, str(CHART), *arguments))


@pytest.mark.parametrize("command", [each for each in HELM if each.split()[1] in RENDERING])
def test_every_installation_and_upgrade_renders(command: str, tmp_path: Path) -> None:
    """With the files that the page shows."""
    _files(tmp_path)

    kinds = [each["kind"] for each in _rendered(command, tmp_path)]

    assert kinds.count("Deployment") >= 3


@pytest.mark.parametrize("command", HELM)
def test_every_option_of_helm_is_one(command: str) -> None:
    said = helm(command.split()[1], "--help")

    for option in re.findall(r"(?<=\s)--[a-z-]+", command):
        assert re.search(rf"{option}\b", said), option


def test_helm_is_told_everything_from_the_first_day_to_the_last() -> None:
    assert {"install", "upgrade", "test", "rollback", "uninstall"} == {
        each.split()[1] for each in HELM
    }


@pytest.mark.parametrize(
    "command", [each for each in KUBECTL if each.startswith("kubectl create ")]
)
def test_every_object_that_is_made_by_hand_is_one(command: str) -> None:
    """`kubectl` makes it here, without a cluster."""
    arguments = shlex.split(re.sub(r"\$\([^)]*\)", "0" * 40, command))[1:]

    made = subprocess.run(
        [program("kubectl"), *arguments, "--dry-run=client", "--output=yaml"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert made.stdout.startswith("apiVersion")


@pytest.mark.parametrize("command", [each for each in KUBECTL if ASKED.search(each)])
def test_what_kubectl_is_asked_about_is_there(command: str) -> None:
    """Under the names that the chart gives, for the release of this page."""
    known = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in render(EXTERNAL)}
    [asked] = ASKED.findall(command)

    assert asked in known


def test_the_secret_of_the_page_has_the_keys_that_the_chart_asks_for() -> None:
    """The names in the page's Secret are the defaults of the values."""
    [command] = [each for each in KUBECTL if "secret generic mail " in each]

    assert ["database-url", "redis-url", "relay-url", "bootstrap-key"] == re.findall(
        r"--from-literal=([a-z-]+)=", command
    )

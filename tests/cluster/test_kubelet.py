"""What these tests of the chart stand on: a pod is run as its manifest says, and ends so."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.configuration import ManifestError, Object, expand
from tests.cluster.image import Image
from tests.cluster.job import FailedError, run_job
from tests.cluster.pod import Pod
from tests.cluster.run import DELETED
from tests.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

PATIENCE = 60.0
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
USER = {"runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10002}


@pytest.fixture
def cluster(tmp_path: Path, image: Image) -> Iterator[Cluster]:
    """Make an empty cluster with some configuration."""
    with Cluster(tmp_path, image, namespace="mail") as made:
        made.upgrade(
            [
                {"kind": "ConfigMap", "metadata": {"name": "plain"}, "data": {"A": "1", "B": "2"}},
                {"kind": "Secret", "metadata": {"name": "hidden"}, "data": {"key": "c2VjcmV0"}},
            ]
        )
        yield made


def test_a_container_has_the_environment_of_image_and_manifest_and_no_more(
    cluster: Cluster, image: Image
) -> None:
    """In the manifest's order, with what comes later on top; and what every kubelet adds."""
    shown = _shown(
        cluster,
        "import os, json; print(json.dumps(dict(os.environ)))",
        envFrom=[{"configMapRef": {"name": "plain"}, "prefix": "P_"}],
        env=[
            {"name": "P_B", "value": "$(P_A)$(P_X)$$(P_A)"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "hidden", "key": "key"}}},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {
                "name": "MAYBE",
                "valueFrom": {"configMapKeyRef": {"name": "x", "key": "y", "optional": True}},
            },
        ],
    )

    own = {name: shown.pop(name) for name in ("P_A", "P_B", "KEY", "NODE")}
    assert {"P_A": "1", "P_B": "1$(P_X)$(P_A)", "KEY": "secret", "NODE": "mail"} == own
    kubelets = {name for name in shown if name.startswith("KUBERNETES_")} | {"HOSTNAME"}
    shells = {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
    assert set() == set(shown) - set(image.environment) - kubelets - shells
    assert dict(image.environment) == {name: shown[name] for name in image.environment}


def test_a_container_is_powerless_and_writes_to_its_volumes_alone(cluster: Cluster) -> None:
    """As its user and groups, without capabilities, on a root for reading."""
    script = """
import json, os, socket
def can_write(path):
    try:
        open(path, "w").close()
    except OSError as error:
        return type(error).__name__
    return True
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
print(json.dumps({
    "ids": [os.getpid(), os.getuid(), os.getgid(), *os.getgroups()],
    "powers": [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")],
    "new": status["NoNewPrivs"].strip(),
    "files": {name: [open(f"/etc/app/{name}").read(), oct(os.stat(f"/etc/app/{name}").st_mode)]
              for name in sorted(os.listdir("/etc/app"))},
    "writes": [can_write(path) for path in ("/tmp/x", "/etc/app/x", "/x", "/usr/x")],
    "host": socket.gethostname(),
}))
"""
    shown = _shown(
        cluster,
        script,
        volumes=[
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            {
                "name": "app",
                "projected": {
                    "defaultMode": 0o440,
                    "sources": [
                        {"configMap": {"name": "plain", "items": [{"key": "A", "path": "a.txt"}]}},
                        {"secret": {"name": "hidden"}},
                    ],
                },
            },
        ],
        volumeMounts=[
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "app", "mountPath": "/etc/app"},
        ],
    )

    assert [1, 10001, 10001, 10002] == shown["ids"]
    assert [0, 0, 0, 0] == shown["powers"]
    assert "1" == shown["new"]
    assert {"a.txt": ["1", "0o100440"], "key": ["secret", "0o100440"]} == shown["files"]
    assert [True, "OSError", "OSError", "OSError"] == [
        each if each is True else "OSError" for each in shown["writes"]
    ]
    assert shown["host"].startswith("shown-")


def test_a_pod_whose_secret_is_missing_does_not_start(cluster: Cluster) -> None:
    pod = cluster.start("lost", _template("pass", envFrom=[{"secretRef": {"name": "nobody"}}]))

    assert pod.wait_gone(PATIENCE)
    assert isinstance(pod.failure, ManifestError)


def test_pre_stop_comes_before_sigterm_and_sigkill_after_the_grace(cluster: Cluster) -> None:
    """Whoever does not heed SIGTERM is killed, and it is seen."""
    script = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: print("heard", flush=True))
print("begun", flush=True)
while True: time.sleep(0.1)
"""
    hook = {"preStop": {"exec": {"command": ["touch", "/tmp/told"]}}}
    pod = cluster.start("deaf", _template(script, grace=3, lifecycle=hook))
    wait_until(lambda: "begun" in pod.log(), PATIENCE)

    pod.delete()

    assert pod.wait_gone(PATIENCE)
    [ending] = pod.endings
    assert (-signal.SIGKILL, DELETED, True) == (ending.status, ending.reason, ending.killed)
    assert "heard" in pod.log()


def test_a_signal_that_comes_before_the_interpreter_is_kept_for_it(
    cluster: Cluster, image: Image
) -> None:
    """The kernel threw it away, and the container lasted for its whole grace."""
    *before, role = image.entrypoint
    command = [*before, "sh", "-c", f"kill -TERM 1; exec {role} --help"]

    pod = cluster.start("hasty", _template("", policy="Never", command=command))

    assert pod.wait_gone(PATIENCE)
    assert [128 + signal.SIGTERM] == [ending.status for ending in pod.endings]


def test_a_container_that_fails_is_started_again_and_one_that_ends_a_job_is_not(
    cluster: Cluster, tmp_path: Path
) -> None:
    """By `restartPolicy` and `backoffLimit`."""
    spec = {"backoffLimit": 1, "template": _template("import sys; sys.exit(3)", policy="OnFailure")}
    job = {"metadata": {"name": "bad"}, "spec": spec}
    with pytest.raises(FailedError):
        run_job(job, cluster.start)
    assert [3, 3] == [ending.status for pod in cluster.pods for ending in pod.endings][:2]

    good = {"metadata": {"name": "good"}, "spec": {"template": _template("", policy="Never")}}
    [pod] = run_job(good, cluster.start)
    assert [0] == [ending.status for ending in pod.endings]


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("$(A)", "1"), ("$(B)", "$(B)"), ("$$(A)", "$(A)"), ("$A", "$A"), ("a$(A)$(A)", "a11")],
)
def test_references_are_expanded(text: str, expanded: str) -> None:
    """As Kubernetes' documentation of `command` has it."""
    assert expanded == expand(text, {"A": "1"})


def _template(
    script: str,
    *,
    policy: str = "Always",
    grace: int = 30,
    volumes: list[Object] | None = None,
    **fields: Any,  # noqa: ANN401 - of a container's manifest
) -> dict[str, Any]:
    container = {
        "name": "main",
        "command": ["python3", "-c", script],
        "securityContext": RESTRICTED,
        **fields,
    }
    if volumes is None:
        volumes = [{"name": "tmp", "emptyDir": {}}]
        container["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}]
    spec = {
        "containers": [container],
        "restartPolicy": policy,
        "securityContext": USER,
        "terminationGracePeriodSeconds": grace,
        "volumes": volumes,
    }
    return {"metadata": {"labels": {}}, "spec": spec}


def _shown(cluster: Cluster, script: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Run a script once, and return the JSON that it printed."""
    pod: Pod = cluster.start("shown", _template(script, policy="Never", **fields))
    assert pod.wait_gone(PATIENCE)
    assert pod.failure is None, pod.failure
    found: dict[str, Any] = json.loads(pod.log().splitlines()[-1])
    return found

"""Every pod is "restricted" (Pod Security Standards), and stricter than that asks."""

import copy
from typing import Any

import pytest

from tests.chart.matrix import EVERYTHING, MATRIX
from tests.chart.pod_security import faults
from tests.chart.rendering import Object, of_kind, pods, render

OUR_UID = 10001


@pytest.mark.parametrize("name", MATRIX)
def test_every_pod_is_restricted(name: str) -> None:
    """Those of hooks, of tests and of trials among them."""
    found = {who: faults(pod) for who, pod in pods(render(MATRIX[name]))}

    assert len(found) >= 4
    assert {who: [] for who in found} == found


@pytest.mark.parametrize("name", MATRIX)
def test_no_pod_has_a_token_or_a_root_that_can_be_written_to(name: str) -> None:
    """Nothing of Pillarbox speaks to Kubernetes; only /tmp and what is mounted is written to."""
    for who, pod in pods(render(MATRIX[name])):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, who
        assert spec["enableServiceLinks"] is False, who
        assert OUR_UID == spec["securityContext"]["runAsUser"] or "trial" in who
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, who
            assert (
                "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}
                or "trial" in who
            )
            assert container["resources"]["limits"]["memory"], who


@pytest.mark.parametrize("name", MATRIX)
def test_what_is_in_memory_has_a_limit(name: str) -> None:
    """Else a role that writes too much takes its node's memory."""
    volumes = [each for _, pod in pods(render(MATRIX[name])) for each in pod["spec"]["volumes"]]

    in_memory = [each["emptyDir"] for each in volumes if "emptyDir" in each]
    assert in_memory
    assert {("Memory", True)} == {(each["medium"], "sizeLimit" in each) for each in in_memory}


@pytest.mark.parametrize("name", MATRIX)
def test_accounts_hand_out_no_token(name: str) -> None:
    """Neither the release's nor the migration's."""
    accounts = of_kind(render(MATRIX[name]), "ServiceAccount")

    assert [False] * len(accounts) == [each["automountServiceAccountToken"] for each in accounts]


def _good() -> Object:
    found = dict(pods(render(EVERYTHING)))["Deployment post-pillarbox-api"]
    return copy.deepcopy(found)


BAD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "host namespaces: hostNetwork": ({"hostNetwork": True}, {}),
    "host namespaces: hostPID": ({"hostPID": True}, {}),
    "host namespaces: hostIPC": ({"hostIPC": True}, {}),
    "volume types: root is hostPath": (
        {"volumes": [{"name": "root", "hostPath": {"path": "/"}}]},
        {},
    ),
    "sysctls: kernel.msgmax": (
        {"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
        {},
    ),
    "privileged containers": ({}, {"securityContext": {"privileged": True}}),
    "HostProcess": ({}, {"securityContext": {"windowsOptions": {"hostProcess": True}}}),
    "host ports: 25": ({}, {"ports": [{"containerPort": 25, "hostPort": 25}]}),
    "host probes and lifecycle hooks": (
        {},
        {"livenessProbe": {"httpGet": {"host": "192.0.2.1", "port": 80}}},
    ),
    "AppArmor: Unconfined": ({}, {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}),
    "SELinux: spc_t": ({"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}, {}),
    "SELinux: user or role": ({"securityContext": {"seLinuxOptions": {"user": "root"}}}, {}),
    "/proc mount type": ({}, {"securityContext": {"procMount": "Unmasked"}}),
    "privilege escalation": ({}, {"securityContext": {"allowPrivilegeEscalation": None}}),
    "running as non-root": ({}, {"securityContext": {"runAsNonRoot": False}}),
    "running as non-root user": ({}, {"securityContext": {"runAsUser": 0}}),
    "seccomp": ({}, {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}),
    "capabilities: not all are dropped": (
        {},
        {"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}},
    ),
    "capabilities: SYS_ADMIN is added": (
        {},
        {"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}},
    ),
}
"""Each control, and what of a pod and of its container breaks it."""


@pytest.mark.parametrize("control", BAD)
def test_a_pod_that_breaks_a_control_is_found(control: str) -> None:
    """What the first test stands on: the same pod without it has no fault."""
    of_pod, of_container = BAD[control]
    pod = _good()
    assert [] == faults(pod)

    _put(pod["spec"], of_pod)
    _put(pod["spec"]["containers"][0], of_container)

    assert {control} == {each.removeprefix("api: ") for each in faults(pod)}


def test_an_init_container_is_looked_at_too() -> None:
    """A pod is as restricted as the weakest of its containers."""
    pod = _good()
    pod["spec"]["initContainers"] = [{"name": "first"}]

    assert {
        "first: privilege escalation",
        "first: capabilities: not all are dropped",
    } == set(faults(pod))


def _put(target: Object, more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            target[name] = target[name] | value
        else:
            target[name] = value

"""The Pod Security Standard "restricted", control by control, as its text has them.

Source: Kubernetes' documentation, "Pod Security Standards", of 1.31 to 1.35: the controls of
"baseline", and those that "restricted" adds. What a control permits to be undefined is read
as the API server defaults it.
"""

from collections.abc import Callable, Iterator

from tests.chart.rendering import Object

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SECCOMP = {"RuntimeDefault", "Localhost"}
APPARMOR = {"RuntimeDefault", "Localhost"}
SELINUX = {"container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}


def faults(pod: Object) -> list[str]:
    """Name the controls that a pod breaks, with where it does."""
    spec = pod["spec"]
    found = [control(spec) for control in _OF_POD]
    return [fault for each in found for fault in each] + [
        f"{container['name']}: {fault}"
        for container in _containers(spec)
        for control in _OF_CONTAINER
        for fault in control(spec, container)
    ]


def _containers(spec: Object) -> list[Object]:
    return [
        *spec.get("initContainers", []),
        *spec["containers"],
        *spec.get("ephemeralContainers", []),
    ]


def _context(each: Object) -> Object:
    found: Object = each.get("securityContext") or {}
    return found


def _either(spec: Object, container: Object, name: str) -> object:
    """Return a container's own field, or the pod's."""
    own = _context(container).get(name)
    return _context(spec).get(name) if own is None else own


def _host_namespaces(spec: Object) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            yield f"host namespaces: {name}"


def _volume_types(spec: Object) -> Iterator[str]:
    for volume in spec.get("volumes", []):
        kinds = set(volume) - {"name"} or {"emptyDir"}
        for kind in sorted(kinds - VOLUMES):
            yield f"volume types: {volume['name']} is {kind}"


def _sysctls(spec: Object) -> Iterator[str]:
    for each in _context(spec).get("sysctls", []):
        if each["name"] not in SYSCTLS:
            yield f"sysctls: {each['name']}"


def _privileged(_spec: Object, container: Object) -> Iterator[str]:
    if _context(container).get("privileged"):
        yield "privileged containers"


def _host_process(spec: Object, container: Object) -> Iterator[str]:
    for each in (spec, container):
        if (_context(each).get("windowsOptions") or {}).get("hostProcess"):
            yield "HostProcess"


def _host_ports(_spec: Object, container: Object) -> Iterator[str]:
    for port in container.get("ports", []):
        if port.get("hostPort"):
            yield f"host ports: {port['hostPort']}"


def _host_probes(_spec: Object, container: Object) -> Iterator[str]:
    handlers = [container.get(f"{kind}Probe") for kind in ("startup", "liveness", "readiness")]
    handlers += list((container.get("lifecycle") or {}).values())
    for handler in filter(None, handlers):
        for action in ("httpGet", "tcpSocket"):
            if (handler.get(action) or {}).get("host"):
                yield "host probes and lifecycle hooks"


def _app_armor(spec: Object, container: Object) -> Iterator[str]:
    for each in (spec, container):
        kind = (_context(each).get("appArmorProfile") or {}).get("type", "RuntimeDefault")
        if kind not in APPARMOR:
            yield f"AppArmor: {kind}"


def _se_linux(spec: Object, container: Object) -> Iterator[str]:
    for each in (spec, container):
        options = _context(each).get("seLinuxOptions") or {}
        if options.get("type") and options["type"] not in SELINUX:
            yield f"SELinux: {options['type']}"
        if options.get("user") or options.get("role"):
            yield "SELinux: user or role"


def _proc_mount(_spec: Object, container: Object) -> Iterator[str]:
    if _context(container).get("procMount", "Default") != "Default":
        yield "/proc mount type"


def _privilege_escalation(_spec: Object, container: Object) -> Iterator[str]:
    if _context(container).get("allowPrivilegeEscalation") is not False:
        yield "privilege escalation"


def _non_root(spec: Object, container: Object) -> Iterator[str]:
    if _either(spec, container, "runAsNonRoot") is not True:
        yield "running as non-root"


def _non_root_user(spec: Object, container: Object) -> Iterator[str]:
    if 0 in (_context(spec).get("runAsUser"), _context(container).get("runAsUser")):
        yield "running as non-root user"


def _seccomp(spec: Object, container: Object) -> Iterator[str]:
    profile = _either(spec, container, "seccompProfile")
    if not isinstance(profile, dict) or profile.get("type") not in SECCOMP:
        yield "seccomp"


def _capabilities(_spec: Object, container: Object) -> Iterator[str]:
    capabilities = _context(container).get("capabilities") or {}
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities: not all are dropped"
    for name in sorted(set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}):
        yield f"capabilities: {name} is added"


_OF_POD: list[Callable[[Object], Iterator[str]]] = [_host_namespaces, _volume_types, _sysctls]
_OF_CONTAINER: list[Callable[[Object, Object], Iterator[str]]] = [
    _privileged,
    _host_process,
    _host_ports,
    _host_probes,
    _app_armor,
    _se_linux,
    _proc_mount,
    _privilege_escalation,
    _non_root,
    _non_root_user,
    _seccomp,
    _capabilities,
]

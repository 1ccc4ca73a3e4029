"""What a container sees, resolved from the manifests as the kubelet does."""

from pathlib import Path

from tests.chart.rendering import Object, named

NOT_THE_CHARTS = "from-a-secret-of-somebody-else"


def variables(objects: list[Object], container: Object) -> dict[str, str]:
    """Return a container's environment; what comes from elsewhere is `NOT_THE_CHARTS`."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= named(objects, "ConfigMap", source["configMapRef"]["name"])["data"]
    for each in container.get("env", []):
        found[each["name"]] = _value(objects, each)
    return found


def _value(objects: list[Object], variable: Object) -> str:
    if "value" in variable:
        return str(variable["value"])
    reference = variable["valueFrom"]["secretKeyRef"]
    secrets = [
        each["stringData"]
        for each in objects
        if each["kind"] == "Secret" and each["metadata"]["name"] == reference["name"]
    ]
    return str(secrets[0][reference["key"]]) if secrets else NOT_THE_CHARTS


def mounted(objects: list[Object], pod: Object, folder: Path) -> dict[str, Path]:
    """Write what a pod mounts into a folder, and return each mount's path with where it is."""
    places: dict[str, Path] = {}
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    for container in pod["spec"]["containers"]:
        for mount in container["volumeMounts"]:
            place = places[mount["mountPath"]] = folder / mount["name"]
            place.mkdir(exist_ok=True)
            for name, content in _contents(objects, volumes[mount["name"]]).items():
                (place / name).write_text(content, encoding="utf-8")
    return places


def _contents(objects: list[Object], volume: Object) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in volume.get("projected", {}).get("sources", []):
        kind, field = ("ConfigMap", "data") if "configMap" in source else ("Secret", "stringData")
        name = next(iter(source.values()))["name"]
        for each in objects:
            if each["kind"] == kind and each["metadata"]["name"] == name:
                found |= each[field]
    return found

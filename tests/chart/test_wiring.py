"""What refers to another object finds it: selectors, ports, names, accounts."""

from collections.abc import Iterator

import pytest

from tests.chart.matrix import EVERYTHING, EXTERNAL, HPA, KEDA, LANES, MATRIX, TRIAL
from tests.chart.rendering import Object, named, of_kind, pods, render
from tests.servers.installation import ROOT

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")


def _told(each: Object) -> str:
    return f"{each['kind']} {each['metadata']['name']}"


def _labels(objects: list[Object]) -> list[Object]:
    return [pod["metadata"]["labels"] for _, pod in pods(objects)]


def _matched(selector: Object, objects: list[Object]) -> list[Object]:
    return [labels for labels in _labels(objects) if selector.items() <= labels.items()]


def _selectors(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for each in objects:
        spec, told = each.get("spec", {}), _told(each)
        match each["kind"]:
            case "Service":
                yield told, spec["selector"]
            case "NetworkPolicy":
                yield told, spec["podSelector"]["matchLabels"]
            case "Deployment" | "StatefulSet" | "PodDisruptionBudget" | "PodMonitor":
                yield told, spec["selector"]["matchLabels"]
            case _:
                pass


@pytest.mark.parametrize("name", MATRIX)
def test_every_selector_finds_pods(name: str) -> None:
    """One that finds none protects, balances or reads nothing, in silence."""
    objects = render(MATRIX[name])
    selectors = dict(_selectors(objects))

    assert len(selectors) >= 4
    assert [] == [told for told, each in selectors.items() if not _matched(each, objects)]


@pytest.mark.parametrize("name", MATRIX)
def test_a_workload_finds_its_own_pods_alone(name: str) -> None:
    """Two that claim the same pods fight over them."""
    objects = render(MATRIX[name])

    for each in of_kind(objects, "Deployment", "StatefulSet"):
        selector = each["spec"]["selector"]["matchLabels"]
        assert [each["spec"]["template"]["metadata"]["labels"]] == _matched(selector, objects)


@pytest.mark.parametrize("name", MATRIX)
def test_pods_spread_among_their_own(name: str) -> None:
    """Over nodes and zones, counting the pods of the same Deployment and of the same rollout."""
    for each in of_kind(render(MATRIX[name]), "Deployment"):
        spread = each["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert ["kubernetes.io/hostname", "topology.kubernetes.io/zone"] == [
            constraint["topologyKey"] for constraint in spread
        ]
        for constraint in spread:
            assert each["spec"]["selector"] == constraint["labelSelector"]
            assert ["pod-template-hash"] == constraint["matchLabelKeys"]


@pytest.mark.parametrize("name", MATRIX)
def test_the_service_leads_to_a_port_of_the_api(name: str) -> None:
    """And to no other pod than the API's."""
    objects = render(MATRIX[name])
    service = named(objects, "Service", "post-pillarbox")["spec"]

    [container] = named(objects, "Deployment", "api")["spec"]["template"]["spec"]["containers"]
    assert service["ports"][0]["targetPort"] in {each["name"] for each in container["ports"]}
    assert {"api"} == {
        labels["app.kubernetes.io/component"] for labels in _matched(service["selector"], objects)
    }


def test_ingress_and_route_lead_to_a_port_of_the_service() -> None:
    objects = render(EVERYTHING)
    service = named(objects, "Service", "post-pillarbox")
    ports = {each["name"]: each["port"] for each in service["spec"]["ports"]}

    ingress = named(objects, "Ingress", "post-pillarbox")["spec"]
    [path] = ingress["rules"][0]["http"]["paths"]
    assert service["metadata"]["name"] == path["backend"]["service"]["name"]
    assert path["backend"]["service"]["port"]["name"] in ports
    [backend] = named(objects, "HTTPRoute", "post-pillarbox")["spec"]["rules"][0]["backendRefs"]
    assert (service["metadata"]["name"], True) == (
        backend["name"],
        backend["port"] in ports.values(),
    )


def test_monitors_read_a_port_that_is_there() -> None:
    """Of the Service by its name, of a pod by the container's."""
    objects = render(EVERYTHING)
    [service] = of_kind(objects, "Service")
    [monitor] = of_kind(objects, "ServiceMonitor")
    ours = monitor["spec"]["selector"]["matchLabels"]

    assert ours.items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {
        each["name"] for each in service["spec"]["ports"]
    }
    for each in of_kind(objects, "PodMonitor"):
        selector = each["spec"]["selector"]["matchLabels"]
        for _, pod in pods(objects):
            if selector.items() <= pod["metadata"]["labels"].items():
                names = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
                assert each["spec"]["podMetricsEndpoints"][0]["port"] in names


@pytest.mark.parametrize("name", MATRIX)
def test_every_account_config_and_secret_is_there_or_somebody_elses(name: str) -> None:
    """A pod that names what is not there does not start; what is ours has our name.

    But for the one Secret that is expected of whoever names none.
    """
    objects = render(MATRIX[name])
    there = set(map(_told, objects))
    if name == "default":
        there.add("Secret post-pillarbox-external")

    for who, pod in pods(objects):
        named_here = set(_references(pod["spec"]))
        assert set() == {each for each in named_here - there if "post-pillarbox" in each}, who


def _references(spec: Object) -> Iterator[str]:
    yield f"ServiceAccount {spec['serviceAccountName']}"
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        for source in container.get("envFrom", []):
            yield f"ConfigMap {source['configMapRef']['name']}"
        for each in container.get("env", []):
            if "valueFrom" in each:
                yield f"Secret {each['valueFrom']['secretKeyRef']['name']}"
    for volume in spec["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            [(kind, reference)] = source.items()
            yield f"{kind[0].upper()}{kind[1:]} {reference['name']}"


@pytest.mark.parametrize("values", [KEDA, HPA, EVERYTHING], ids=["keda", "hpa", "everything"])
def test_what_scales_has_no_number_of_its_own(values: Object) -> None:
    """Each upgrade would set it back."""
    objects = render(values)
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind(objects, *SCALERS)}

    assert scaled
    for each in of_kind(objects, "Deployment"):
        assert (each["metadata"]["name"] in scaled) is ("replicas" not in each["spec"])


def test_workers_scale_by_the_age_of_what_is_due_in_their_lanes() -> None:
    """Each group by its own lanes, and with what it says otherwise."""
    urgent, bulk = of_kind(render(KEDA), "ScaledObject")

    [trigger] = urgent["spec"]["triggers"]
    assert (
        'max(pillarbox_oldest_due_message_seconds{namespace="mail",lane=~"high"})'
        == (trigger["metadata"]["query"])
    )
    assert ("2.5", 4) == (trigger["metadata"]["threshold"], urgent["spec"]["maxReplicaCount"])
    assert 'lane=~"normal|low"' in bulk["spec"]["triggers"][0]["metadata"]["query"]
    assert "AverageValue" == trigger["metricType"]
    for each in of_kind(render(HPA), "HorizontalPodAutoscaler"):
        assert {"External"} == {metric["type"] for metric in each["spec"]["metrics"]}


def test_there_is_a_deployment_for_each_group() -> None:
    names = [each["metadata"]["name"] for each in of_kind(render(LANES), "Deployment")]

    assert {"post-pillarbox-worker-urgent", "post-pillarbox-worker-bulk"} <= set(names)


@pytest.mark.parametrize("name", MATRIX)
def test_every_container_of_ours_runs_one_image(name: str) -> None:
    """By digest if there is one, else by a tag: the version that the chart is for."""
    containers = [
        (who, container)
        for who, pod in pods(render(MATRIX[name]))
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    ]
    images = {each["image"] for who, each in containers if "trial" not in who}

    digest = "registry.test/mail/pillarbox@sha256:" + "a" * 64
    assert {digest if MATRIX[name] is EVERYTHING else "pillarbox:0.1.0"} == images


def test_the_chart_is_of_the_versions_that_it_runs() -> None:
    """One version for all: what is built from this checkout is what the chart asks for."""
    chart = (ROOT / "helm" / "Chart.yaml").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [version] = [line for line in project.splitlines() if line.startswith("version = ")]
    number = version.partition('"')[2].rstrip('"')

    assert f'appVersion: "{number}"' in chart
    assert f"\nversion: {number}\n" in chart


def test_what_is_for_trials_is_named_so() -> None:
    """Nobody should find out later."""
    names = [each["metadata"]["name"] for each in of_kind(render(TRIAL), "StatefulSet")]

    assert ["post-pillarbox-trial-postgresql", "post-pillarbox-trial-redis"] == sorted(names)


@pytest.mark.parametrize("name", MATRIX)
def test_what_the_migration_needs_is_there_before_it(name: str) -> None:
    """A hook runs before anything of the release: what it stands on is a hook too, and earlier."""
    objects = render(MATRIX[name])
    for job in of_kind(objects, "Job"):
        hook = job["metadata"].get("annotations", {})
        if "helm.sh/hook" not in hook:
            assert MATRIX[name] is TRIAL  # the database comes with the release
            continue
        needed = set(_references(job["spec"]["template"]["spec"]))
        there = [each for each in objects if _told(each) in needed]
        assert there
        for each in there:
            annotations = each["metadata"]["annotations"]
            assert hook["helm.sh/hook"] == annotations["helm.sh/hook"], _told(each)
            assert int(annotations["helm.sh/hook-weight"]) < int(hook["helm.sh/hook-weight"])


def test_an_account_that_is_there_is_used_before_the_release_too() -> None:
    """A cloud's identity is bound to it; the migration needs it as much as the rest."""
    objects = render(EXTERNAL | {"serviceAccount": {"create": False, "name": "mailer"}})

    accounts = {who: pod["spec"]["serviceAccountName"] for who, pod in pods(objects)}
    assert "Job post-pillarbox-migrate" in accounts
    assert {"mailer"} == set(accounts.values())
    assert [] == of_kind(objects, "ServiceAccount")


def test_values_that_name_nothing_mean_one_secret_with_all_urls() -> None:
    """So the chart renders as it comes, and nothing secret has to pass through helm."""
    objects = render({})
    wanted = {
        (variable["name"], source["name"], source["key"])
        for _, pod in pods(objects)
        for variable in pod["spec"]["containers"][0]["env"]
        if (source := variable.get("valueFrom", {}).get("secretKeyRef"))
    }

    assert {
        ("PILLARBOX_DATABASE_URL", "post-pillarbox-external", "database-url"),
        ("PILLARBOX_REDIS_URL", "post-pillarbox-external", "redis-url"),
        ("PILLARBOX_RELAY_URL", "post-pillarbox-external", "relay-url"),
    } == wanted
    assert [] == of_kind(objects, "Secret")

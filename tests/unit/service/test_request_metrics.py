from prometheus_client import CollectorRegistry

from service.request_metrics import RequestMetrics


def test_each_answer_is_counted_and_timed_by_its_route() -> None:
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry)

    metrics(method="POST", route="/v1/messages", status=202, seconds=0.002)
    metrics(method="POST", route="/v1/messages", status=202, seconds=0.2)

    labels = {"method": "POST", "route": "/v1/messages", "status": "202"}
    name = "pillarbox_http_request_seconds"
    assert 2 == registry.get_sample_value(f"{name}_count", labels)
    assert 1 == registry.get_sample_value(f"{name}_bucket", {**labels, "le": "0.0025"})

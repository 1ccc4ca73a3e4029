from pillarbox.observe.catalogue import Role
from pillarbox.observe.metrics import Metrics
from service.request_metrics import RequestMetrics


def test_each_answer_is_counted_and_timed_by_its_route() -> None:
    metrics = Metrics(Role.API)
    count = RequestMetrics(metrics.requests)

    count(method="POST", route="/v1/messages", status=202, seconds=0.002)
    count(method="POST", route="/v1/messages", status=202, seconds=0.2)

    lines = metrics.render()[0].decode().splitlines()
    labels = 'method="POST",route="/v1/messages",status="202"'
    assert f"pillarbox_http_request_seconds_count{{{labels}}} 2.0" in lines
    bucket = 'le="0.0025",method="POST",route="/v1/messages",status="202"'
    assert f"pillarbox_http_request_seconds_bucket{{{bucket}}} 1.0" in lines

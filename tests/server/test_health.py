"""Health, and numbers for Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from tests.server.conftest import Server


def test_health(server: Server) -> None:
    assert server.get("/healthz") == {"status": "ok"}
    assert server.get("/readyz")["status"] == "ready"


def test_metrics(server: Server) -> None:
    run = server.make()
    server.status(run, "paused")
    with server.watch(run) as viewer:
        viewer.until_type("hello")
        text = server.call("GET", "/metrics").text
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }
    assert found["orrery_processes"] >= 1
    assert found["orrery_viewers"] >= 1
    assert found["orrery_store_healthy"] == 1
    assert 'orrery_runs{status="paused"}' in text

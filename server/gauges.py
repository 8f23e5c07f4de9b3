"""What the server is doing, for Prometheus: collected when asked, so that nothing is counted on the way."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

STATUSES = ("starting", "queued", "running", "paused", "finished", "failed", "interrupted")


class Gauges(Collector):
    """Numbers of one manager."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def collect(self) -> Iterator[GaugeMetricFamily]:
        manager = self.manager
        runs = GaugeMetricFamily("orrery_runs", "Runs in memory by status.", labels=["status"])
        count = Counter(run.status for run in manager.runs.values())
        for status in STATUSES:
            runs.add_metric([status], count[status])
        yield runs
        alive = sum(run.link is not None for run in manager.runs.values())
        yield GaugeMetricFamily("orrery_processes", "Processes of runs.", value=alive)
        yield GaugeMetricFamily("orrery_queue", "Runs waiting for a place to train.", value=len(manager.turns.waiting))
        yield GaugeMetricFamily("orrery_places", "Runs that may train at once.", value=manager.turns.places)
        viewers = sum(len(run.room.viewers) for run in manager.runs.values())
        yield GaugeMetricFamily("orrery_viewers", "Open streams.", value=viewers)
        yield GaugeMetricFamily(
            "orrery_store_healthy", "1 while changes can be stored.", value=float(manager.store.healthy)
        )


def registry(manager: Any) -> CollectorRegistry:
    """A registry of its own, so that two servers in one process do not mix."""
    found = CollectorRegistry()
    found.register(Gauges(manager))
    return found

"""The metrics: what each is called and means (``docs/reference/metrics.md`` is made from this), and where it is from.

All are read when somebody asks, from the database that all processes share, so every web process gives the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tenantry import __version__
from tenantry.audit.checking import chain_standings
from tenantry.connections.call_counts import call_counts
from tenantry.sync.hints.standing import push_counts, pushes_refused
from tenantry.sync.standing import (
    connections_standing,
    consent_standing,
    hints_waiting,
    holds_open,
    queue_standing,
    runs_of_last_day,
    workers_alive,
)

Samples = list[tuple[list[str], float]]


@dataclass(frozen=True, slots=True)
class Described:
    """One metric: its name, its labels, what it means, and the function that reads its samples."""

    name: str
    labels: tuple[str, ...]
    meaning: str
    read: Callable[[datetime], Samples]
    counter: bool = False

    def collected(self, now: datetime) -> Metric:
        """Return the metric with its samples."""
        family = CounterMetricFamily if self.counter else GaugeMetricFamily
        metric = family(self.name, self.meaning, labels=self.labels)
        for labels, value in self.read(now):
            metric.add_metric(labels, value)
        return metric


def _jobs(_: datetime) -> Samples:
    return [([each.task, each.state], each.count) for each in queue_standing()]


def _oldest(_: datetime) -> Samples:
    return [([each.task], each.oldest) for each in queue_standing() if each.state == "todo"]


def _listing_ages(now: datetime) -> Samples:
    standings = connections_standing(now=now)
    return [([str(each.connection_id)], each.age) for each in standings if each.age is not None]


METRICS = (
    Described("tenantry_info", ("version",), "Always 1; the label has the version.", lambda _: [([__version__], 1)]),
    Described("tenantry_workers", (), "Workers that gave a sign of life within 30 seconds. Alert on 0.",
              lambda _: [([], workers_alive())]),
    Described("tenantry_queue_jobs", ("task", "state"), "Jobs in the queue: todo (due), later, doing, failed.", _jobs),
    Described("tenantry_queue_oldest_seconds", ("task",), "For how long the oldest due job has waited. Alert on 600.",
              _oldest),
    Described("tenantry_runs", ("kind", "state"), "Runs of all marketplaces, begun in the last day or alive.",
              lambda _: [([kind, state], count) for kind, state, count in runs_of_last_day()]),
    Described("tenantry_holds_open", ("brake",), "Holds that wait for a person, in all marketplaces.",
              lambda _: [([brake], count) for brake, count in holds_open()]),
    Described("tenantry_provider_calls", ("service", "status"),
              "Calls to providers since the installation began; the status is none when no usable answer came.",
              lambda _: [([service, status], count) for service, status, count in call_counts()], counter=True),
    Described("tenantry_connection_health", ("connection", "health"), "1 for the state that the connection is in.",
              lambda now: [([str(each.connection_id), each.health], 1) for each in connections_standing(now=now)]),
    Described("tenantry_connection_listing_age_seconds", ("connection",),
              "For how long no list of the connection was read. Alert on 7200 for one that syncs.", _listing_ages),
    Described("tenantry_consent_warnings", ("matter",), "What of connections ends within 30 days, ended or is missing.",
              lambda _: [([matter], count) for matter, count in consent_standing()]),
    Described("tenantry_hints_waiting", (), "Hints from providers that were not followed yet.",
              lambda _: [([], hints_waiting())]),
    Described("tenantry_pushes", ("state",), "Tenants of whose people a provider promised to tell at once.",
              lambda _: [([state], count) for state, count in push_counts()]),
    Described("tenantry_pushes_refused", (), "Messages to these that came without the right secret.",
              lambda _: [([], pushes_refused())]),
    Described("tenantry_audit_faults", (), "Chains of the audit that did not hold when they were checked. Alert on 1.",
              lambda _: [([], sum(bool(each.fault) for each in chain_standings()))]),
)  # fmt: skip


class Installation(Collector):
    """All metrics, as they are at ``now``."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Return the metrics one after the other."""
        for described in METRICS:
            yield described.collected(self._now)

"""``/metrics``: who may read it, and that its numbers are those of the installation."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings
from tests.installed import install, tenantry
from tests.web.cast import Cast

from tenantry.audit.events import SYSTEM
from tenantry.connections.health import review_consent
from tenantry.connections.models import Connection
from tenantry.connections.probing import probe_connection
from tenantry.emulator.server import Emulator
from tenantry.providers.counting import service_of, take_counts
from tenantry.sync.queue import enqueue_hints, enqueue_listing
from tenantry.web.metrics.collecting import METRICS


@pytest.fixture
def emulator(emulator_home: Any) -> Iterator[Emulator]:
    with Emulator(customers=5, limit=0, home=emulator_home) as running:
        yield running


def read(**given: Any) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels, in the order of the labels' names."""
    answer = Client().get("/metrics", **given)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_the_numbers_are_those_of_the_installation(database: str, emulator: Emulator) -> None:
    take_counts()  # what other tests of this process left
    now = timezone.now()
    installed = install(emulator, now=now, marketplaces={"Northwind": [], "Contoso": []})
    pk = str(installed.connection.pk)
    assert tenantry("sync", "companies").code == 0
    probe_connection(installed.connection, now=now)
    Connection.objects.update(secret_expires_at=now + timedelta(days=3))
    review_consent(installed.connection.pk, actor=SYSTEM, now=now)
    enqueue_hints(installed.connection.pk)
    enqueue_listing(7, installed.connection.pk, at=now + timedelta(hours=1))
    found = read()
    assert found["tenantry_workers",] == 0
    assert found["tenantry_queue_jobs", "todo", "tenantry.sync.hints.jobs.follow"] == 1
    assert found["tenantry_queue_jobs", "later", "tenantry.sync.tasks.observe"] == 1
    assert 0 <= found["tenantry_queue_oldest_seconds", "tenantry.sync.hints.jobs.follow"] < 60
    assert found["tenantry_runs", "companies", "done"] == 2
    assert found["tenantry_connection_health", pk, "works"] == 1
    assert 0 <= found["tenantry_connection_listing_age_seconds", pk] < 120
    assert found["tenantry_consent_warnings", "secret"] == 1
    before = found["tenantry_provider_calls_total", "local", "200"]
    assert before > 0
    probe_connection(installed.connection, now=now)
    assert read()["tenantry_provider_calls_total", "local", "200"] > before
    assert {name for name, *_ in found} <= {each.name + ("_total" if each.counter else "") for each in METRICS}


def test_only_this_machine_may_read_it_or_who_has_the_token(cast: Cast, settings: Settings) -> None:
    assert Client().get("/metrics", REMOTE_ADDR="::1").status_code == 200
    strangers = [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, {"HTTP_FORWARDED": "for=x"}]
    assert [Client().get("/metrics", **one).status_code for one in strangers] == [404, 404, 404]  # type: ignore[arg-type]  # headers
    assert cast.client("owner").get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    settings.BEHIND_TLS = True
    assert Client().get("/metrics", secure=True).status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    for given, status in (("", 404), ("Bearer wrong", 404), ("Bearer a-long-token", 200)):
        answer = Client().get("/metrics", secure=True, REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION=given)
        assert answer.status_code == status


def test_hosts_become_few_names() -> None:
    hosts = {
        "api.partnercenter.microsoft.com": "partner_center", "login.microsoftonline.com": "microsoft_sign_in",
        "graph.microsoft.us": "graph", "admin.googleapis.com": "google", "127.0.0.1": "local",
        "evilgraph.microsoft.com.example": "other", "hook.customer.example": "other", "notgoogleapis.com": "other",
    }  # fmt: skip
    assert {host: service_of(host) for host in hosts} == hosts

"""Log lines say which job, run and request they belong to, and hold neither secrets nor anything personal."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from procrastinate.contrib.django import app
from tests.connections.directory_stage import close_kept
from tests.installed import install
from tests.sync.stage import BUTTON
from tests.sync.test_queue import as_a_worker, leave_no_connection

from tenantry.emulator.server import Emulator
from tenantry.sync.requests import request_sync
from tenantry.sync.tasks import logged_job
from tenantry.web.middleware import RequestIdMiddleware


async def _work() -> None:
    await app.run_worker_async(
        wait=False, listen_notify=False, install_signal_handlers=False, worker_middleware=[logged_job],
        task_middleware=[leave_no_connection],
    )  # fmt: skip


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.msg for record in caplog.records if isinstance(record.msg, dict)]


def test_each_call_in_a_job_carries_the_job_and_what_it_is_for_and_nothing_personal(
    database: str, emulator_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Emulator(customers=5, limit=0, home=emulator_home) as emulator:
        installed = install(emulator, now=timezone.now(), marketplaces={"Northwind": []})
        place = installed.marketplaces["Northwind"]
        (run,) = request_sync(marketplace_id=place, asked=BUTTON, now=timezone.now())
        as_a_worker(_work)
        close_kept()
        people = [emulator.world.customer(each) for each in emulator.world.tenant_ids()]
    calls = [line for line in _lines(caplog) if line["event"] == "provider_call"]
    listing = [line for line in calls if line["task"] == "observe"]
    reading = [line for line in calls if line["task"] == "details"]
    assert listing
    assert reading
    assert all(line["job_id"] for line in calls)
    assert {line["observation_id"] for line in listing} == {run.observation_id}
    assert {line["connection_id"] for line in reading} == {installed.connection.pk}
    written = json.dumps(_lines(caplog), default=str) + caplog.text
    secrets = [emulator.web_application.secret, "Bearer ", "access_token"]
    personal = [text for one in people for text in (one.name, one.domain, one.contact.email) if text]
    assert len(personal) > 10
    assert [text for text in (*secrets, *personal) if text in written] == []


def test_each_line_of_a_request_carries_its_id_and_the_next_request_has_another(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    def answer(_request: HttpRequest) -> HttpResponse:
        structlog.stdlib.get_logger("tenantry.web").info("page_made")
        return HttpResponse()

    served = RequestIdMiddleware(answer)
    first = served(RequestFactory().get("/", headers={"X-Request-Id": "from-the-proxy-1"}))
    second = served(RequestFactory().get("/"))
    ids = [line["request_id"] for line in _lines(caplog)]
    assert ids == ["from-the-proxy-1", second["X-Request-Id"]]
    assert first["X-Request-Id"] == "from-the-proxy-1"
    assert ids[0] != ids[1]

"""The activity log and the notifications of the emulated Partner Center."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.emulator.partner import Partner
from tests.providers.stub import Reply, running

from tenantry.emulator.microsoft.hints import EVENTS

ACCEPTED = "reseller-relationship-accepted-by-customer"
DAY = 86_400.0


def days(partner: Partner, ago: int) -> str:
    return f"{datetime.fromtimestamp(partner.emulator.clock.now(), UTC) - timedelta(days=ago):%Y-%m-%d}"


def ids(partner: Partner, query: str = "") -> list[str]:
    return [item["customerId"] for item in partner.read(f"/v1/auditrecords{query}")["items"]]


def test_the_log_goes_back_ninety_days_and_shows_thirty_at_once_by_the_day(partner: Partner) -> None:
    hints, tenants = partner.emulator.microsoft.hints, [partner.emulator.world.tenant_id(number) for number in range(4)]
    for tenant, ago in zip(tenants, (0, 10, 40, 89), strict=True):
        hints.happen(tenant, ago=ago * DAY)
    assert ids(partner) == tenants[:2]
    assert ids(partner, f"?startDate={days(partner, 60)}") == [tenants[2]]
    assert ids(partner, f"?startDate={days(partner, 90)}&endDate={days(partner, 80)}") == [tenants[3]]
    assert ids(partner, f"?startDate={days(partner, 10)}&endDate={days(partner, 10)}") == [tenants[1]]
    for wrong in (f"?startDate={days(partner, 91)}", f"?startDate={days(partner, 60)}&endDate={days(partner, 0)}",
                  f"?startDate={days(partner, 1)}&endDate={days(partner, 2)}", "?startDate=yesterday"):  # fmt: skip
        answer = partner.get(f"/v1/auditrecords{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (400, 2001), wrong


def test_a_day_may_be_written_in_the_american_way_and_its_time_counts_for_nothing(partner: Partner) -> None:
    tenant = partner.emulator.world.tenant_id(1)
    partner.emulator.microsoft.hints.happen(tenant)
    today = datetime.fromtimestamp(partner.emulator.clock.now(), UTC)
    written = f"{today.month}/{today.day}/{today.year} 11:59:00 PM"
    assert ids(partner, f"?startDate={written}") == [tenant]
    assert partner.get("/v1/auditrecords?startDate=31/12/2026").status_code == 400


def test_a_record_has_json_inside_json_and_an_unknown_one_is_null(partner: Partner) -> None:
    tenant = partner.emulator.world.tenant_id(1)
    partner.emulator.microsoft.hints.happen(tenant, operation="update_customer_user", status="failed")
    (record,) = partner.read("/v1/auditrecords")["items"]
    assert json.loads(record["resourceNewValue"])["Id"] == tenant
    assert (record["operationType"], record["operationStatus"]) == ("update_customer_user", "failed")
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{7}Z", record["operationDate"])
    for place in ("/v1/auditrecords", "/auditactivity/v1/auditrecords"):
        assert partner.read(f"{place}/{record['id']}") == record
        answer = partner.get(f"{place}/nobody_knows")
        assert (answer.status_code, answer.json()) == (200, None)


def test_what_customers_do_themselves_shows_in_no_record(partner: Partner) -> None:
    world, moves = partner.emulator.world, partner.emulator.microsoft.moves
    world.rename(world.tenant_id(1))
    world.leave(world.tenant_id(2))
    world.advance(3)
    moves.rename(3, 1, family="Neu")
    moves.delete(3, 2)
    assert ids(partner) == []


def register(partner: Partner, method: str, **body: Any) -> int:
    headers = {"Authorization": f"Bearer {partner.token()}"}
    return partner.http.request(method, "/webhooks/v1/registration", json=body, headers=headers).status_code


def test_a_partner_has_one_registration_which_only_a_put_replaces(partner: Partner) -> None:
    here = {"WebhookUrl": "https://a.example/hints", "WebhookEvents": [ACCEPTED]}
    assert partner.get("/webhooks/v1/registration").status_code == 404
    assert partner.get("/webhooks/v1/registration/events").json() == list(EVENTS)
    assert [register(partner, "POST", **here) for _ in range(2)] == [200, 409]
    assert register(partner, "PUT", **here | {"WebhookUrl": "https://b.example/hints"}) == 200
    assert partner.get("/webhooks/v1/registration").json()["WebhookUrl"] == "https://b.example/hints"
    assert register(partner, "PUT", **here | {"WebhookUrl": "http://b.example/hints"}) == 400
    assert register(partner, "PUT", **here | {"WebhookEvents": ["made-up"]}) == 400


def test_a_validation_event_is_sent_and_says_how_it_was_taken(partner: Partner) -> None:
    place, headers = "/webhooks/v1/registration/validationEvents", {"Authorization": f"Bearer {partner.token()}"}
    assert partner.http.post(place, headers=headers).status_code == 404, "nobody is registered"
    with running() as receiver:
        receiver.say(Reply(status=202))
        register(partner, "POST", WebhookUrl=f"{receiver.url}/hints", WebhookEvents=["test-created"])
        correlation = partner.http.post(place, headers=headers).json()["correlationId"]
        (sent,) = receiver.requests
    assert json.loads(sent.body)["EventName"] == "test-created"
    assert sent.headers["authorization"].startswith("Signature ")
    told = partner.get(f"{place}/{correlation}").json()
    assert (told["status"], told["results"][0]["responseCode"]) == ("completed", "202")
    assert partner.get(f"{place}/{partner.emulator.partner_tenant_id}").status_code == 404


@pytest.mark.parametrize("mended", [False, True])
def test_a_notification_that_nobody_takes_is_tried_ten_times_and_dropped(partner: Partner, *, mended: bool) -> None:
    hints = partner.emulator.microsoft.hints
    with running() as receiver:
        receiver.say(Reply(status=503))
        register(partner, "POST", WebhookUrl=f"{receiver.url}/hints", WebhookEvents=[ACCEPTED])
        assert hints.happen(partner.emulator.world.tenant_id(1), event=ACCEPTED) == [503]
        if mended:
            receiver.say(Reply())
            assert partner.control("POST", "/hints/again") == {"deliveries": [200]}
        tries = [hints.deliver_again() for _ in range(11)]
    assert tries == ([[]] * 11 if mended else [[503]] * 9 + [[]] * 2)
    assert (len(hints.dropped), hints.undelivered) == (0 if mended else 1, [])

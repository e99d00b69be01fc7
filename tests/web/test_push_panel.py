"""An operator has a provider asked to tell when people change, by page and by API, and sees how that stands."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.api.calling import Api, installation_api
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.sync.models import PushChannel, Tenant


@pytest.fixture
def google(cast: Cast) -> Connection:
    return Connection.objects.create(
        uid=uuid.uuid4(), name="Google resale", provider="google", discovery="reseller", subject="a@reseller.example",
        created_at=timezone.now(), sealed_secret=b"sealed",
    )  # fmt: skip


@pytest.fixture
def operators(cast: Cast) -> Api:
    return installation_api(cast)


def add_push(row: Connection, state: str, **more: Any) -> PushChannel:
    now, name = timezone.now(), uuid.uuid4()
    tenant = Tenant.objects.create(
        provider="google", cloud="global", external_id=f"C0{name.hex[:6]}", name="Alpine", domain="alpine.example",
        content_hash=name, first_seen_at=now, changed_at=now,
    )  # fmt: skip
    return PushChannel.objects.create(connection=row, tenant=tenant, uid=name, state=state, asked_at=now, **more)


def test_it_is_switched_on_with_an_address_only_and_off_again_and_each_is_told(
    cast: Cast, google: Connection, operators: Api, settings: Settings
) -> None:
    operator, page = cast.client("operator"), f"/operator/connections/{google.pk}/"
    call = f"/installation/connections/{google.pk}/pushes"
    settings.MAIL = replace(settings.MAIL, url="http://shop.example")
    said = text_of(operator.post(f"{page}hints/", {"do": "push"}, follow=True))
    assert "Nothing was switched on: Google needs an https address" in said
    assert "https" in operators.put(call, {"on": True}, status=409)["detail"]
    assert operators.get(call)["on"] is False
    settings.MAIL = replace(settings.MAIL, url="https://shop.example")
    assert "Google is being asked" in text_of(operator.post(f"{page}hints/", {"do": "push"}, follow=True))
    assert operators.put(call, {"on": True})["on"] is True, "again changes nothing"
    assert "The daily reading finds it" in text_of(operator.post(f"{page}hints/", {"do": "stop"}, follow=True))
    events = Event.objects.filter(action="connections.pushes.switched").order_by("id")
    assert [event.after for event in events] == [{"on": True}, {"on": False}]


def test_the_page_says_in_a_line_whether_until_when_and_when_the_last_came(
    cast: Cast, google: Connection, operators: Api, settings: Settings
) -> None:
    now = timezone.now()
    settings.MAIL = replace(settings.MAIL, url="https://shop.example")
    Connection.objects.filter(pk=google.pk).update(hints={"pushes": True})
    for hours in (3, 5):
        add_push(google, "open", expires_at=now + timedelta(hours=hours), last_at=now - timedelta(minutes=hours))
    operator, page = cast.client("operator"), f"/operator/connections/{google.pk}/"
    said = text_of(operator.get(page))
    assert "Google tells when people of 2 tenants change, until" in said
    assert "Told last 3 minutes ago" in said
    assert "turned away" not in said
    add_push(google, "failed", problem="This customer is closed to the connection.", refused=4)
    said = text_of(operator.get(page))
    assert "Of 1 tenant it does not tell: This customer is closed" in said
    assert "4 messages without the right secret were turned away" in said
    told = operators.get(f"/installation/connections/{google.pk}/pushes")
    assert (told["tenants"], told["failed"], told["refused"]) == (2, 1, 4)
    PushChannel.objects.filter(state="open").delete()
    assert "Google could not be asked" in text_of(operator.get(page))
    settings.MAIL = replace(settings.MAIL, url="")
    assert "Set TENANTRY_URL" in text_of(operator.get(page))


def test_nobody_but_an_operator_switches_it_and_no_other_provider_has_it(
    cast: Cast, google: Connection, operators: Api
) -> None:
    place = f"/operator/connections/{google.pk}/hints/"
    for name in ("owner", "stranger"):
        assert cast.client(name).post(place, {"do": "push"}).status_code in {403, 404}
    assert cast.client("operator").post(place, {"do": "check"}).status_code == 404
    Connection.objects.filter(pk=cast.connection.pk).update(settings={"api": "http://127.0.0.1:9"})  # without a Graph
    operators.put(f"/installation/connections/{cast.connection.pk}/pushes", {"on": True}, status=404)

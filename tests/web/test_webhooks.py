"""The pages of webhooks: set up an endpoint, see its secret once, see what was delivered, send it again."""

import re
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.providers.stub import Reply, Stub
from tests.web.cast import Cast
from tests.web.people import add_company, add_people
from tests.web.reading import text_of

from tenantry.audit.models import Event
from tenantry.isolation.scope import marketplace_scope
from tenantry.webhooks.models import Delivery, Endpoint
from tenantry.webhooks.sending import deliver_due

SECRET = re.compile(r"whsec_[\w+/]{43}=")
HOME = "/settings/webhooks/"
pytestmark = pytest.mark.usefixtures("to_this_machine")


def _add(cast: Cast, url: str, **fields: Any) -> Any:
    return cast.client("owner").post(f"{HOME}new/", {"name": "Billing", "url": url, **fields})


def _endpoint(cast: Cast) -> Endpoint:
    with marketplace_scope(cast.northwind.pk):
        return Endpoint.objects.get()


def _deliver(cast: Cast) -> Delivery:
    deliver_due(endpoint_id=_endpoint(cast).pk, marketplace_id=cast.northwind.pk, clock=timezone.now)
    with marketplace_scope(cast.northwind.pk):
        return Delivery.objects.latest("pk")


def test_an_endpoint_is_added_and_its_secret_is_shown_once_and_sealed(cast: Cast, server: Stub) -> None:
    answer = _add(cast, f"{server.url}/in?key=abc", events=["company.created"], personal="on")
    [secret] = set(SECRET.findall(answer.content.decode()))
    assert answer["Cache-Control"] == "no-store"
    endpoint = _endpoint(cast)
    assert (endpoint.events, endpoint.personal) == (["company.created"], True)
    assert secret.encode() not in bytes(endpoint.sealed_secret)
    for address in (HOME, f"{HOME}{endpoint.pk}/", f"{HOME}{endpoint.pk}/edit/"):
        page = cast.client("owner").get(address).content.decode()
        assert "Billing" in page
        assert "whsec_" not in page
    with marketplace_scope(cast.northwind.pk):
        event = Event.objects.get(action="webhooks.endpoint.created")
    assert "abc" not in f"{event.before}{event.after}"
    rotated = cast.client("owner").post(f"{HOME}{endpoint.pk}/secret/")
    assert SECRET.findall(rotated.content.decode())[0] != secret


def test_an_address_that_may_not_be_called_is_refused_where_it_was_typed(cast: Cast, settings: Settings) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    for url, sentence in (
        ("http://10.0.0.5/", "plain http is for this machine only"),
        ("https://10.0.0.5/", "10.0.0.5 leads to a private address."),
        ("https://localhost/", "localhost leads to this machine."),
    ):
        answer = _add(cast, url)
        assert answer.status_code == 422
        assert sentence in text_of(answer)
    with marketplace_scope(cast.northwind.pk):
        assert not Endpoint.objects.exists()


def test_bad_input_changes_nothing_and_says_why(cast: Cast, server: Stub) -> None:
    _add(cast, server.url)
    assert "Another endpoint has this name" in text_of(_add(cast, server.url))
    assert _add(cast, server.url, name="Other", events=["no.such"]).status_code == 422
    endpoint = _endpoint(cast)
    address = f"{HOME}{endpoint.pk}/edit/"
    fields = {"name": "Support", "url": server.url, "seen": "1"}
    assert cast.client("owner").post(address, fields).status_code == 302
    stale = cast.client("owner").post(address, fields | {"name": "Sales"})
    assert "Somebody changed this endpoint meanwhile" in text_of(stale)
    assert _endpoint(cast).name == "Support"


def test_a_delivery_shows_request_and_answer_and_is_sent_again(cast: Cast, server: Stub) -> None:
    _add(cast, server.url)
    server.say(Reply({"error": "<b>no</b>"}, status=500, reason="Broken"), Reply({"fine": True}))
    client, endpoint = cast.client("owner"), _endpoint(cast)
    company = add_company(cast.northwind, "Alpine <i>Ski</i>")
    add_people(company, "anna@alpine.example")
    _deliver(cast)
    listed = text_of(client.get(f"{HOME}{endpoint.pk}/"))
    assert "2 deliveries" in listed
    assert "tried again" in listed
    assert "1 delivery" in text_of(client.get(f"{HOME}{endpoint.pk}/?type=company.created"))
    assert "Nothing fits these filters" in text_of(client.get(f"{HOME}{endpoint.pk}/?type=run.started&tab=waiting"))
    with marketplace_scope(cast.northwind.pk):
        first = Delivery.objects.earliest("pk")
    page = client.get(f"{HOME}deliveries/{first.pk}/").content.decode()
    assert "&quot;name&quot;: &quot;Alpine &lt;i&gt;Ski&lt;/i&gt;&quot;" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "It answered 500 Broken" in page
    answer = client.post(f"{HOME}deliveries/{first.pk}/again/", follow=True)
    assert "It is sent again, under the same id." in text_of(answer)
    _deliver(cast)
    after = text_of(client.get(f"{HOME}deliveries/{first.pk}/"))
    assert "Attempt 2 · 200" in after
    assert {request.headers["webhook-id"] for request in server.requests[:2]} == {f"msg_{first.uid.hex}"}


def test_a_test_is_sent_and_an_endpoint_is_switched_off_and_removed(cast: Cast, server: Stub) -> None:
    _add(cast, server.url)
    client, endpoint = cast.client("owner"), _endpoint(cast)
    answer = client.post(f"{HOME}{endpoint.pk}/test/", follow=True)
    assert "No answer yet." in text_of(answer)
    sent = _deliver(cast)
    part = client.get(f"{HOME}deliveries/{sent.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "hx-trigger" not in part
    assert "delivered" in part
    client.post(f"{HOME}{endpoint.pk}/switch/", {"on": "no"})
    refused = client.post(f"{HOME}{endpoint.pk}/test/", follow=True)
    assert "This endpoint is switched off. Switch it on first." in text_of(refused)
    client.post(f"{HOME}{endpoint.pk}/switch/", {"on": "yes"})
    assert _endpoint(cast).state == "on"
    client.post(f"{HOME}{endpoint.pk}/remove/")
    assert "Nobody listens" in text_of(client.get(HOME))


def test_another_marketplace_s_endpoint_is_not_there(cast: Cast, server: Stub) -> None:
    _add(cast, server.url)
    endpoint = _endpoint(cast)
    stranger = cast.client("stranger")
    stranger.post(f"{HOME}{endpoint.pk}/test/")
    addresses = [f"{HOME}{pk}/{page}" for pk in (endpoint.pk, 2**63) for page in ("", "edit/", "secret/", "remove/")]
    assert {stranger.get(address).status_code for address in [*addresses, f"{HOME}deliveries/{2**63}/"]} == {404}
    with marketplace_scope(cast.northwind.pk):
        assert not Delivery.objects.exists()

"""Webhooks through the API: endpoints, their secrets, deliveries with request and answer, and who may."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook
from tests.api.calling import ALL, Api, api_of
from tests.api.test_calls import at_once
from tests.providers.stub import Reply, Stub
from tests.web.cast import Cast
from tests.web.people import add_company

from tenantry.api.models import StoredAnswer
from tenantry.core.token_scopes import TokenScope
from tenantry.isolation.scope import marketplace_scope
from tenantry.webhooks.models import Delivery, Endpoint
from tenantry.webhooks.sending import deliver_due

HOME = "/webhook-endpoints"
pytestmark = pytest.mark.usefixtures("to_this_machine")


@pytest.fixture
def made(api: Api, server: Stub) -> dict[str, Any]:
    told: dict[str, Any] = api.post(HOME, {"name": "Billing", "url": f"{server.url}/in"}, status=201)
    return told


def _deliver(cast: Cast, endpoint_id: int) -> None:
    deliver_due(endpoint_id=endpoint_id, marketplace_id=cast.northwind.pk, clock=timezone.now)


def test_a_secret_is_told_once_and_verifies_what_is_sent(
    made: dict[str, Any], api: Api, cast: Cast, server: Stub
) -> None:
    assert made["secret"].startswith("whsec_")
    for address in (HOME, f"{HOME}/{made['id']}"):
        assert "whsec_" not in api.ask("GET", address).content.decode()
    server.say(Reply({}))
    sent = api.post(f"{HOME}/{made['id']}/test", status=202)
    _deliver(cast, made["id"])
    request = server.requests[0]
    Webhook(made["secret"]).verify(request.body, {name.lower(): value for name, value in request.headers.items()})
    shown = api.get(f"/webhook-deliveries/{sent['id']}")
    assert (shown["state"], shown["request"]["type"], shown["message_id"]) == (
        "delivered", "endpoint.test", request.headers["webhook-id"],
    )  # fmt: skip


def test_a_new_secret_signs_beside_the_former_one_for_a_while(
    made: dict[str, Any], api: Api, cast: Cast, server: Stub
) -> None:
    rotated = api.post(f"{HOME}/{made['id']}/secret", key="rotate")
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_until"] > rotated["secret_changed_at"]
    assert api.post(f"{HOME}/{made['id']}/secret", key="rotate")["secret"] == rotated["secret"]
    server.say(Reply({}))
    api.post(f"{HOME}/{made['id']}/test", status=202)
    _deliver(cast, made["id"])
    request = server.requests[0]
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(request.body, {name.lower(): value for name, value in request.headers.items()})


def test_the_same_key_makes_one_endpoint_and_its_secret_is_kept_sealed(cast: Cast, api: Api, server: Stub) -> None:
    body = {"name": "Billing", "url": server.url}
    answers = at_once(5, lambda: api.ask("POST", HOME, body, key="once"))
    assert {answer.status_code for answer in answers} == {201}
    [secret] = {answer.json()["secret"] for answer in answers}
    with marketplace_scope(cast.northwind.pk):
        assert Endpoint.objects.count() == 1
        kept = StoredAnswer.objects.get()
    assert kept.body == ""
    assert secret.encode() not in bytes(kept.sealed_body or b"")


def test_a_change_is_about_the_version_that_was_read(made: dict[str, Any], api: Api, server: Stub) -> None:
    address = f"{HOME}/{made['id']}"
    api.patch(address, {"name": "Support"}, status=428)
    changed = api.patch(address, {"events": ["company.created"], "personal": True}, match=1)
    assert (changed["name"], changed["events"], changed["personal"], changed["version"]) == (
        "Billing", ["company.created"], True, 2,
    )  # fmt: skip
    assert changed["url"] == made["url"]
    told = api.patch(address, {"name": "Support"}, match=1, status=412)
    assert told["type"] == "urn:tenantry:problem:changed-meanwhile"
    told = api.patch(address, {"events": ["no.such"]}, match=2, status=422)
    assert [error["field"] for error in told["errors"]] == ["events"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://10.0.0.5/", "plain http is for this machine only"), ("https://10.0.0.5/", "a private address"),
        ("https://169.254.1.1/", "169.254.1.1 leads to"), ("https://localhost/", "localhost leads to this machine"),
        ("nonsense", ""),
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_refused_and_changes_nothing(
    url: str, sentence: str, api: Api, cast: Cast, settings: Settings
) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    told = api.post(HOME, {"name": "Billing", "url": url}, status=422, key="one")
    assert [error["field"] for error in told["errors"]] == ["url"]
    assert sentence in told["errors"][0]["sentence"]
    with marketplace_scope(cast.northwind.pk):
        assert not Endpoint.objects.exists()


def test_deliveries_are_listed_filtered_shown_and_sent_again(
    made: dict[str, Any], api: Api, cast: Cast, server: Stub
) -> None:
    server.say(Reply({"error": "no"}, status=500, reason="Broken"), Reply({}))
    add_company(cast.northwind, "Alpine")
    _deliver(cast, made["id"])
    listed = api.get(f"{HOME}/{made['id']}/deliveries?tab=waiting&type=company.created")
    [row] = listed["items"]
    assert (row["about"], row["attempts"], row["status"], listed["counts"]["waiting"]["count"]) == ("Alpine", 1, 500, 1)
    assert api.get(f"{HOME}/{made['id']}/deliveries?tab=delivered")["items"] == []
    api.get(f"{HOME}/{made['id']}/deliveries?tab=none", status=422)
    api.get(f"{HOME}/{made['id']}/deliveries?type=none", status=422)
    shown = api.get(f"/webhook-deliveries/{row['id']}")
    assert shown["request"]["data"]["subject"]["name"] == "Alpine"
    assert "no" in shown["answer"]
    assert "500" in shown["tries"][0]["problem"]
    again = api.post(f"/webhook-deliveries/{row['id']}/send-again", status=202)
    assert (again["state"], again["message_id"]) == ("waiting", row["message_id"])
    _deliver(cast, made["id"])
    assert api.get(f"/webhook-deliveries/{row['id']}")["state"] == "delivered"
    assert api.post(f"/webhook-deliveries/{row['id']}/skip")["changed"] is False


def test_an_endpoint_is_paused_and_removed(made: dict[str, Any], api: Api, cast: Cast) -> None:
    address = f"{HOME}/{made['id']}"
    assert api.put(f"{address}/enabled", {"enabled": False})["state"] == "off"
    assert "switched off" in api.post(f"{address}/test", status=409)["detail"]
    assert api.put(f"{address}/enabled", {"enabled": True})["state"] == "on"
    sent = api.post(f"{address}/test", status=202)
    assert api.post(f"/webhook-deliveries/{sent['id']}/skip")["changed"] is True
    assert api.delete(address)["changed"] is True
    api.get(address, status=404)
    api.delete(address, status=404)
    with marketplace_scope(cast.northwind.pk):
        assert not Delivery.objects.exists()


def test_only_the_scope_of_webhooks_opens_them(made: dict[str, Any], cast: Cast) -> None:
    others = api_of(cast, scopes=[scope for scope in ALL if scope is not TokenScope.WEBHOOKS])
    assert "needs the scope webhooks" in others.get(HOME, status=403)["detail"]
    assert "may not" in api_of(cast, "colleague", scopes=[TokenScope.WEBHOOKS]).get(HOME, status=403)["detail"]
    assert api_of(cast, "stranger").get(HOME)["items"] == []

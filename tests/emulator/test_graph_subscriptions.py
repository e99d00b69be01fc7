"""Subscriptions of the emulated Graph, as Microsoft's pages describe them: validation, renewal, limits, messages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import Partner
from tests.providers.stub import Reply, Request, Stub, running

STATE = "our-secret"


@pytest.fixture
def hook() -> Iterator[Stub]:
    """An address that proves that it listens."""
    with running() as stub:
        stub.script = lambda request: Reply(request.query.get("validationToken", "").encode())
        yield stub


@pytest.fixture
def partner(start: Starting) -> Partner:
    return start(customers=8, people=6)


class Tenant:
    """One customer's Graph, as the partner's signed-in person calls it."""

    def __init__(self, partner: Partner, company: int) -> None:
        emulator = partner.emulator
        self.id = emulator.world.tenant_id(company)
        emulator.world.set_rights(self.id, role_granted=True, readable=True)
        emulator.microsoft.people.consent(self.id, granted=True)
        form = {
            "grant_type": "refresh_token", "client_id": emulator.web_application.client_id,
            "client_secret": emulator.web_application.secret, "refresh_token": emulator.refresh_token(),
            "scope": "https://graph.microsoft.com/.default",
        }  # fmt: skip
        self._token = partner.post_token(form, tenant=self.id).json()["access_token"]
        self._partner = partner

    def ask(self, method: str, path: str = "", body: Any = None) -> httpx2.Response:
        url = f"{self._partner.emulator.graph_url}/v1.0/subscriptions{path}"
        return self._partner.http.request(method, url, json=body, headers={"Authorization": f"Bearer {self._token}"})

    def subscribe(self, hook: Stub, **changed: Any) -> httpx2.Response:
        body = {
            "changeType": "updated,deleted", "resource": "users", "notificationUrl": f"{hook.url}/here?a=1",
            "lifecycleNotificationUrl": f"{hook.url}/life", "expirationDateTime": after(days=3), "clientState": STATE,
        }  # fmt: skip
        return self.ask("POST", body=body | changed)


def after(**parts: float) -> str:
    return (datetime.now(UTC) + timedelta(**parts)).isoformat().replace("+00:00", "Z")


def told(request: Request) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(request.body)["value"]
    return found


def test_an_address_proves_itself_and_is_told_of_each_change_until_the_end(partner: Partner, hook: Stub) -> None:
    tenant, moves = Tenant(partner, 1), partner.emulator.microsoft.moves
    made = tenant.subscribe(hook)
    assert (made.status_code, made.json()["clientState"]) == (201, STATE)
    assert [request.path for request in hook.requests] == ["/here", "/life"]
    assert hook.requests[0].query["a"] == "1"
    del hook.requests[:]
    moves.rename(1, 4)
    moves.join(1)
    moves.delete(1, 4)
    moves.rename(2, 4)
    assert [told(request)[0]["changeType"] for request in hook.requests] == ["updated"] * 3
    [message] = told(hook.requests[0])
    assert (message["clientState"], message["tenantId"], message["subscriptionId"]) == (
        STATE, tenant.id, made.json()["id"],
    )  # fmt: skip
    place = f"/{made.json()['id']}"
    assert tenant.ask("PATCH", place, {"expirationDateTime": after(days=20)}).status_code == 200
    assert tenant.ask("GET", place).json()["expirationDateTime"] > after(days=19)
    assert [each["id"] for each in tenant.ask("GET").json()["value"]] == [made.json()["id"]]
    assert Tenant(partner, 2).ask("DELETE", place).status_code == 404, "another tenant's"
    assert tenant.ask("DELETE", place).status_code == 204
    assert tenant.ask("PATCH", place, {"expirationDateTime": after(days=20)}).status_code == 404
    moves.rename(1, 3)
    assert len(hook.requests) == 3


def test_nothing_is_made_for_an_address_that_does_not_answer_or_for_what_graph_lacks(
    partner: Partner, hook: Stub
) -> None:
    tenant = Tenant(partner, 1)
    refused = {
        "too long": tenant.subscribe(hook, expirationDateTime=after(days=29, minutes=1)),
        "past": tenant.subscribe(hook, expirationDateTime=after(days=-1)),
        "http": tenant.subscribe(hook, notificationUrl="http://shop.example/"),
        "resource": tenant.subscribe(hook, resource="groups"),
        "state": tenant.subscribe(hook, clientState="x" * 129),
        "nobody": tenant.subscribe(hook, notificationUrl="http://127.0.0.1:9/"),
    }
    hook.say(Reply(b"something else"))
    refused["wrong"] = tenant.subscribe(hook)
    assert {name: answer.status_code for name, answer in refused.items()} == dict.fromkeys(refused, 400)
    assert refused["wrong"].json()["error"]["code"] == "ValidationError"
    partner.emulator.microsoft.people.consent(tenant.id, granted=False)
    assert tenant.subscribe(hook).status_code == 403
    assert partner.emulator.microsoft.subscriptions.open == {}


def test_what_is_not_taken_is_sent_again_and_lifecycle_letters_come_on_request(partner: Partner, hook: Stub) -> None:
    tenant, graph = Tenant(partner, 1), partner.emulator.microsoft.subscriptions
    tenant.subscribe(hook)
    hook.say(Reply(status=404), Reply(status=202))
    partner.emulator.microsoft.moves.rename(1, 4)
    assert (graph.deliver(), graph.deliver()) == ([202], [])
    for event in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        assert graph.happen(event, tenant.id) == [202]
        assert (hook.requests[-1].path, told(hook.requests[-1])[0]["lifecycleEvent"]) == ("/life", event)
    assert graph.open == {}
    assert graph.happen("missed", tenant.id) == []


def test_a_subscription_ends_with_its_time(partner: Partner, hook: Stub) -> None:
    tenant = Tenant(partner, 1)
    tenant.subscribe(hook)
    partner.emulator.clock.advance(3 * 86_400 + 60)
    before = len(hook.requests)
    partner.emulator.microsoft.moves.rename(1, 4)
    assert len(hook.requests) == before
    assert partner.emulator.microsoft.subscriptions.open == {}

"""Hints from the emulated Partner Center, over HTTP: signed, checked, kept once, and followed by reading again."""

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.installed import Installed, install, tenantry
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.connections.models import Connection
from tenantry.emulator.microsoft.hints import CERTIFICATE
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers.microsoft import signatures
from tenantry.sync.hints.activity import read_new_activity
from tenantry.sync.hints.services import KEPT, LISTING_GAP, follow_hints, forget_old_hints
from tenantry.sync.models import Hint, Observation, Run, Sighting
from tenantry.web.hints import views
from tenantry.web.hints.limits import HintLimits

ACCEPTED = "reseller-relationship-accepted-by-customer"


@pytest.fixture
def emulator(emulator_home: Any) -> Iterator[Emulator]:
    signatures._kept.clear()  # noqa: SLF001  # another test's emulator had another port, or the same
    with Emulator(customers=5, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def synced(database: str, emulator: Emulator) -> Installed:
    installed = install(emulator, now=timezone.now(), marketplaces={"Northwind": []})
    assert tenantry("sync", "companies").code == 0
    return installed


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_limits", HintLimits())


def tenant_of(emulator: Emulator, number: int = 0) -> str:
    return emulator.world.tenant_id(number)


def send(row: Connection, body: bytes, headers: dict[str, str]) -> int:
    """Send a notification with the emulator's headers, some of them changed."""
    sent = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items() if name != "Content-Type"
    }
    answer = Client().post(f"/hints/microsoft/{row.uid}/", body, content_type="application/json", **sent)  # type: ignore[arg-type]  # headers
    return answer.status_code


def notification(emulator: Emulator, event: str = ACCEPTED, *, ago: float = 0, **changed: Any) -> bytes:
    at = (timezone.now() - timedelta(seconds=ago)).isoformat()
    plain = json.loads(emulator.microsoft.hints.notification(event, tenant_of(emulator), "record", at))
    return json.dumps(plain | changed).encode()


def test_a_signed_notification_has_its_tenant_read_again_and_says_nothing_itself(
    synced: Installed, emulator: Emulator
) -> None:
    tenant, row = tenant_of(emulator), synced.connection
    emulator.world.rename(tenant, "Renamed By Its Owner")
    body = notification(emulator, CompanyName="What the hint says is never believed")
    headers = emulator.microsoft.hints.signed(body)
    assert [send(row, body, headers) for _ in range(3)] == [200, 200, 200]
    hint = Hint.objects.get()  # the same one, however often it comes
    assert (hint.tenant_external_id, hint.wanted, hint.followed_at) == (tenant, "tenant", None)
    assert follow_hints(row.pk, now=timezone.now()).count == 1
    hint.refresh_from_db()
    due = Sighting.objects.get(tenant__external_id=tenant).details_due_at
    assert (hint.outcome, due is not None and due <= timezone.now()) == ("read again", True)
    assert Sighting.objects.filter(details_due_at__lte=timezone.now()).count() == 1
    assert "never believed" not in str(list(synced.pending("Northwind").values()))
    assert follow_hints(row.pk, now=timezone.now()).count == 0


def test_an_unknown_tenant_has_the_list_read_and_a_flood_of_hints_only_once(
    synced: Installed, emulator: Emulator
) -> None:
    row = synced.connection
    later = timezone.now() + LISTING_GAP * 2
    for number in range(20):
        body = notification(emulator, ResourceUri=f"/v1/customers/{uuid.UUID(int=number)}")
        assert send(row, body, emulator.microsoft.hints.signed(body)) == 200
    waiting = follow_hints(row.pk, now=timezone.now())  # the list was read a moment ago
    assert (waiting.count, waiting.again_at is not None) == (0, True)
    assert follow_hints(row.pk, now=later).count == 20
    assert Observation.of_tenants(row.pk).count() == 2
    with marketplace_scope(synced.marketplaces["Northwind"]):
        assert Run.objects.latest("id").trigger == "hint"
    assert set(Hint.objects.values_list("outcome", flat=True)) == {"list read again"}


def test_what_is_not_signed_by_microsoft_now_is_refused_and_kept_nowhere(database: str, emulator: Emulator) -> None:
    row = install(emulator, now=timezone.now(), marketplaces={"Northwind": []}).connection
    right, storage = notification(emulator), "X-MS-Certificate-Url"
    port = emulator.login_url.rpartition(":")[2]
    unread: dict[str, dict[str, str]] = {
        "algorithm": {"X-MS-Signature-Algorithm": "none"},
        "no signature": {"Authorization": ""},
        "not base64": {"Authorization": "Signature ???"},
        "host": {storage: "https://microsoft.com.evil.example/cert.cer"},
        "user": {storage: f"https://x.microsoft.com@localhost:{port}{CERTIFICATE}"},
        "port": {storage: "https://x.microsoft.com:8443/cert.cer"},
        "http": {storage: "http://169.254.169.254/latest/meta-data"},
    }
    before = emulator.counters.requests
    assert {name: send(row, right, emulator.microsoft.hints.signed(right) | one) for name, one in unread.items()} == (
        dict.fromkeys(unread, 401)
    )
    assert emulator.counters.requests == before, "nothing is fetched from an address that was not checked"
    bodies = {
        "stale": notification(emulator, ago=4 * 86_400), "future": notification(emulator, ago=-7200),
        "not json": b"{", "list": b"[]", "no date": notification(emulator, ResourceChangeUtcDate=None),
    }  # fmt: skip
    tricks = {name: (body, emulator.microsoft.hints.signed(body)) for name, body in bodies.items()}
    signed = emulator.microsoft.hints.signed(right)
    tricks["changed"] = (right.replace(b"customers", b"customerz", 1), signed)
    tricks["own key"] = (right, signed | {"Authorization": "Signature " + base64.b64encode(b"x" * 256).decode()})
    # Served by a host that is allowed, but no certificate of Microsoft's: the sign-in's page of errors.
    tricks["own storage"] = (right, signed | {storage: f"{emulator.login_url}/somebody/elses.cer"})
    assert {name: send(row, *trick) for name, trick in tricks.items()} == dict.fromkeys(tricks, 401)
    assert not Hint.objects.exists()


def test_events_that_ask_for_nothing_are_thanked_for_and_forgotten(database: str, emulator: Emulator) -> None:
    row = install(emulator, now=timezone.now(), marketplaces={"Northwind": []}).connection
    body = notification(emulator, "subscription-updated")
    assert send(row, body, emulator.microsoft.hints.signed(body, own_header=True)) == 200
    assert not Hint.objects.exists()


def test_the_door_has_limits_of_size_and_number_and_knows_no_marketplace(
    cast: Cast, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, body = cast.connection, notification(emulator)
    headers = emulator.microsoft.hints.signed(body)
    assert send(row, b"x" * 70_000, headers) == 413
    assert send(Connection(uid=uuid.uuid4()), body, headers) == 404
    answers = [send(row, body, {}) for _ in range(130)]
    assert (answers[0], answers[-1]) == (401, 429)
    assert Client().get(f"/hints/microsoft/{row.uid}/").status_code == 405
    Connection.objects.update(enabled=False)
    monkeypatch.setattr(views, "_limits", HintLimits())
    assert send(row, body, headers) == 404


def test_a_sender_s_flood_leaves_room_for_the_others() -> None:
    seconds = [0.0]
    limits = HintLimits(each=10, overall=30, clock=lambda: seconds[0])
    assert sum(limits.let_in("flood") for _ in range(1000)) == 10
    assert sum(limits.let_in("other") for _ in range(5)) == 5
    seconds[0] = 60.0
    assert sum(limits.let_in("flood") for _ in range(1000)) == 10


def test_the_activity_log_hints_at_what_succeeded_and_is_read_on_from_where_it_ended(
    synced: Installed, emulator: Emulator
) -> None:
    row, hints = synced.connection, emulator.microsoft.hints
    hints.happen(tenant_of(emulator, 0))
    hints.happen(tenant_of(emulator, 1), status="failed")
    hints.happen(tenant_of(emulator, 2), operation="update_subscription")
    hints.happen(tenant_of(emulator, 3), operation="create_customer_user", ago=3600)
    now = timezone.now()
    assert [read_new_activity(row, now=now), read_new_activity(row, now=now)] == [2, 0]
    row.refresh_from_db()
    assert (row.hints["activity_until"], row.hints["activity_problem"]) == (str(now.date()), "")
    assert set(Hint.objects.values_list("tenant_external_id", "wanted")) == {
        (tenant_of(emulator, 0), "tenant"), (tenant_of(emulator, 3), "people"),
    }  # fmt: skip
    assert "initial-password" not in str(list(Hint.objects.values()))
    for number in range(1_100):
        hints.happen(tenant_of(emulator, number % 5), operation="add_customer")
    assert read_new_activity(row, now=now) == 1_100
    assert forget_old_hints(now=now + KEPT) == 0
    assert forget_old_hints(now=now + KEPT * 2) == 1_102
    emulator.faults.add("status", "/v1/auditrecords", status=403, code=900308, body="json", times=9)
    assert read_new_activity(row, now=now) == 0
    row.refresh_from_db()
    assert "900308" in row.hints["activity_problem"]
    assert emulator.counters.unknown == {}


def test_an_operator_has_notifications_sent_here_and_another_tool_s_registration_stays(
    cast: Cast, emulator: Emulator, settings: Settings
) -> None:
    row = install(emulator, now=timezone.now(), marketplaces={}).connection
    operator, page = cast.client("operator"), f"/operator/connections/{row.pk}/"
    settings.MAIL = type(settings.MAIL)(settings.MAIL.server, settings.MAIL.sender, "http://shop.example", "")
    said = text_of(operator.post(f"{page}hints/", {"do": "register"}, follow=True))
    assert "Microsoft needs an https address" in said
    settings.MAIL = type(settings.MAIL)(settings.MAIL.server, settings.MAIL.sender, "https://shop.example", "")
    hints = emulator.microsoft.hints
    assert "Nobody is registered" in text_of(operator.post(f"{page}hints/", {"do": "check"}, follow=True))
    assert "Microsoft sends its notifications here" in text_of(
        operator.post(f"{page}hints/", {"do": "register"}, follow=True)
    )
    assert hints.registration is not None
    assert hints.registration.url == f"https://shop.example/hints/microsoft/{row.uid}/"
    assert ACCEPTED in hints.registration.events
    hints.registration.url = "https://another-tool.example/hook"
    said = text_of(operator.post(f"{page}hints/", {"do": "register"}, follow=True))
    assert "Another tool of this partner is registered" in said
    assert hints.registration.url == "https://another-tool.example/hook"
    assert "belongs to https://another-tool.example/hook" in text_of(operator.get(page))

"""The pages of Google tenants: whom to ask, the list and its search, linking with evidence, ignoring, query counts."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.people import add_company
from tests.web.reading import text_of
from tests.web.test_query_counts import queries

from tenantry.connections.models import Connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import add_feed
from tenantry.sync.models import GoogleTenant, Observation, Sighting, Tenant, TenantLink

LIST = "/companies/google-tenants/"


@pytest.fixture
def google(cast: Cast) -> Connection:
    """A Google connection that feeds Northwind, with the operator's switch on."""
    row = Connection.objects.create(
        uid=uuid.uuid4(), name="Google EU", provider="google", discovery="reseller", subject="a@reseller.example",
        sealed_secret=b"x", created_at=timezone.now(),
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        add_feed(connection=row, countries=[], actor=OPERATOR, now=timezone.now())
        set_entitlement(user_sync_google=True, actor=OPERATOR, now=timezone.now())
    return row


def seen(cast: Cast, google: Connection, name: str, domain: str, **more: object) -> int:
    """A Google customer that reached Northwind; the primary key of its row there."""
    now = timezone.now()
    tenant = Tenant.objects.create(
        provider="google", cloud="global", external_id=f"C{uuid.uuid4().hex[:8]}", name=name, domain=domain,
        domains=[domain], country="AT", content_hash=uuid.uuid4(), first_seen_at=now, changed_at=now, details_at=now,
        **more,
    )  # fmt: skip
    Sighting.objects.create(
        connection=google, tenant=tenant, relationship="reseller", content_hash=tenant.content_hash, first_seen_at=now
    )
    with marketplace_scope(cast.northwind.pk):
        return GoogleTenant.objects.create(
            marketplace=cast.northwind, tenant=tenant, sort_name=name.lower(), domain=domain,
            content_hash=tenant.content_hash, first_seen_at=now,
        ).pk  # fmt: skip


def test_without_the_switch_the_page_says_whom_to_ask_and_nothing_leads_there(cast: Cast) -> None:
    owner = cast.client("owner")
    page = text_of(owner.get(LIST))
    assert "Google is not available in this marketplace" in page
    assert "Ask your operator to enable it" in page
    assert LIST not in owner.get("/").content.decode()
    answer = text_of(owner.post(f"{LIST}read/", follow=True))
    assert "not enabled for this marketplace" in answer


def test_a_tenant_is_found_compared_and_linked(cast: Cast, google: Connection) -> None:
    company = add_company(cast.northwind, "Alpine Ski House", "alpineskihouse.example")
    pk = seen(cast, google, "Alpine Ski House GmbH", "alpineskihouse.example")
    seen(cast, google, "Contoso", "contoso.example", missing=["Domains: closed to the reseller."])
    owner = cast.client("owner")
    assert LIST in owner.get("/").content.decode()
    page = text_of(owner.get(LIST))
    assert "1 match · Strong" in page
    assert "No match" in page
    assert "part of it can't be read" in page
    assert "Contoso" not in text_of(owner.get(f"{LIST}?q=alpine"))
    detail = owner.get(f"{LIST}{pk}/")
    assert "Link to" in text_of(detail)
    assert "Strong" in text_of(detail)
    assert "fill_blanks" not in detail.content.decode(), "linking does nothing besides"
    found = text_of(owner.get(f"{LIST}{pk}/?company_q=alpine"))
    assert "Compare with Alpine Ski House" in found
    form = {"version_of": "0", "company": str(company.pk)}
    linked = text_of(owner.post(f"{LIST}{pk}/link/", form, follow=True))
    assert "Alpine Ski House GmbH is linked" in linked
    assert "Take the link back" in linked
    again = text_of(owner.post(f"{LIST}{pk}/link/", form, follow=True))
    assert "decided on it meanwhile" in again
    assert "Linked to Alpine Ski House" in text_of(owner.get(f"{LIST}?tab=linked"))
    assert "Alpine Ski House GmbH" in text_of(owner.get(f"/companies/{company.pk}/"))
    owner.post(f"{LIST}{pk}/unlink/", {"version_of": "1"})
    with marketplace_scope(cast.northwind.pk):
        assert not TenantLink.objects.filter(ended_at=None).exists()


def test_ignoring_asks_why_and_is_taken_back(cast: Cast, google: Connection) -> None:
    pk, owner = seen(cast, google, "Test tenant", "test.example"), cast.client("owner")
    missing = text_of(owner.post(f"{LIST}{pk}/ignore/", {"version_of": "0"}, follow=True))
    assert "Choose a reason from the list" in missing
    done = text_of(owner.post(f"{LIST}{pk}/ignore/", {"version_of": "0", "reason_key": "test"}, follow=True))
    assert "Ignored: A test or demonstration tenant" in done
    owner.post(f"{LIST}{pk}/reopen/", {"version_of": "1"})
    assert "Test tenant" in text_of(owner.get(LIST))
    rejected = owner.post(f"{LIST}{pk}/reject/", {"version_of": "2", "company": "1"})
    assert rejected.status_code == 404
    assert owner.post(f"{LIST}{pk}/link/", {}).status_code == 400


def test_reading_the_list_is_asked_for_once_and_a_broken_connection_is_said(cast: Cast, google: Connection) -> None:
    owner = cast.client("owner")
    for _ in range(2):
        assert "is being read" in text_of(owner.post(f"{LIST}read/", follow=True))
    observation = Observation.objects.get(connection=google)
    observation.state, observation.failure = "failed", {"what": "The key is not accepted.", "next": "Make a new one."}
    observation.save()
    page = text_of(owner.get(LIST))
    assert "Google EU: failed" in page
    assert "The key is not accepted. Make a new one." in page


def test_the_list_costs_the_same_for_any_number_of_rows(cast: Cast, google: Connection) -> None:
    client: Client = cast.client("owner")
    counts = []
    for start, end in ((0, 3), (3, 60)):
        for number in range(start, end):
            company = add_company(cast.northwind, f"Company {number}", f"c{number}.example")
            seen(cast, google, f"Company {number}", f"c{number}.example")
            assert company.pk
        counts.append(queries(client, LIST))
    assert counts[0] == counts[1] <= 30
    assert "60" in text_of(client.get(LIST))
    assert "Next" in text_of(client.get(LIST))

"""Every page in both themes, on a phone and on a wide screen: no overflow, no axe fault, nothing in the console."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser
from tests.e2e.looking import LOOKS, Look, look_at
from tests.web.cast import OPERATOR, Cast
from tests.web.stage import Customer, Stage, customers

from tenantry.connections.models import Connection
from tenantry.core.deliveries import Verdict
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company
from tenantry.marketplace.models import CompanyOrigin, User
from tenantry.sync.deciding.carrying import drive_decisions
from tenantry.sync.deciding.many import Wish, start_decisions
from tenantry.sync.deciding.selecting import BulkAction, Selection, forecast
from tenantry.sync.deciding.services import create_from_pending, reopen_pending
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import (
    Entitlement,
    Feed,
    Finding,
    GoogleTenant,
    Observation,
    ObservationState,
    Run,
    RunState,
    Tenant,
)
from tenantry.sync.switches import read_company_sync
from tenantry.webhooks.destinations import Destination
from tenantry.webhooks.models import Delivery
from tenantry.webhooks.noting import Attempt, note_attempts
from tenantry.webhooks.services import EndpointDraft, create_endpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_OTHERS = [
    Customer("Alpine Ski House Gesellschaft m.b.H. & Co. Kommanditgesellschaft", "alpineskihouse.com", "AT"),
    Customer("東京電子株式会社", "tokyo-denshi.jp", "JP", contact="佐藤 健", email="ken@tokyo-denshi.jp"),
    Customer("Contoso France SAS", "contoso.fr", "FR", contact="", email=""),
    Customer("שלום תעשיות בע״מ", "shalom.co.il", "IL", contact="נועה לוי", email=""),
    Customer("<b>Bold</b> & Sons \u202egnp.exe", "bold.example", "GB"),
    Customer("Not read yet Ltd", "unread.example", read=False),
    Customer("W" * 120, f"{'w' * 60}.example", "US", contact="X" * 80, email=f"{'x' * 60}@{'w' * 60}.example"),
]


def _set_the_stage(stage: Stage) -> dict[str, str]:
    """Fill the stage with all sorts of rows; return the pages to look at."""
    now = timezone.now()
    hooks = _listening(stage)
    done = stage.sync([*customers(14), *_OTHERS], now=now - timedelta(hours=30))
    Finding.objects.create(
        observation_id=done.observation_id or 0, kind="invalid record", reference="page 3, record 17",
        reason="The record has no tenant ID.", created_at=now,
    )  # fmt: skip
    stage.move("ignored", name__endswith="7")
    stage.move("withdrawn", name__endswith="8")
    failed = stage.request(now=now - timedelta(hours=2))
    failure = {
        "what": "The sign-in was refused: the application's secret has expired (AADSTS7000222).",
        "fault": "the connection's configuration",
        "next": "Run `tenantry connect microsoft` again, or renew the secret on the connection.",
        "request_id": "1b8a53b7-6bd8-4a3c-9c1e-0f8a7d1f6b5e",
    }
    Observation.objects.filter(pk=failed.observation_id or 0).update(
        state=ObservationState.FAILED, failure=failure, ended_at=now - timedelta(hours=2)
    )
    with marketplace_scope(stage.marketplace.pk):
        Run.objects.filter(pk=failed.pk).update(
            state=RunState.FAILED, failure=failure, ended_at=now - timedelta(hours=2) + timedelta(seconds=3)
        )
    live = stage.request(now=now - timedelta(seconds=42))
    Observation.objects.filter(pk=live.observation_id or 0).update(
        state=ObservationState.LISTING, started_at=now - timedelta(seconds=40), records=1_200, expected=2_400, pages=3
    )
    runs = {
        name: reverse("web:run-detail", args=[run.pk])
        for name, run in (("done", done), ("failed", failed), ("live", live))
    }
    pending = reverse("web:pending-list")
    return {
        "home": reverse("web:home"),
        "pending": pending,
        "pending-filtered": f"{pending}?q=customer&problem=none&sort=-first_seen",
        "pending-nothing": f"{pending}?q=zzz",
        "pending-done": f"{pending}?tab=done",
        "pending-held": f"{pending}?tab=held",
        "detail": reverse("web:pending-detail", args=[stage.pending(domain="alpineskihouse.com").pk]),
        "detail-unread": reverse("web:pending-detail", args=[stage.pending(domain="unread.example").pk]),
        "detail-problem": reverse("web:pending-detail", args=[stage.pending(domain="contoso.fr").pk]),
        "detail-long": reverse("web:pending-detail", args=[stage.pending(name="W" * 120).pk]),
        **_deciding(stage),
        "runs": reverse("web:run-list"),
        "run-done": runs["done"],
        "run-changes": f"{runs['done']}?tab=changes",
        "run-findings": f"{runs['done']}?tab=findings",
        "run-seen": f"{runs['done']}?tab=findings&what=seen",
        "run-held": f"{runs['done']}?tab=held",
        "run-undo": reverse("web:run-undo", args=[_ignored_together(stage)]),
        "run-undo-nothing": reverse("web:run-undo", args=[done.pk]),
        "run-steps": f"{runs['done']}?tab=steps",
        "run-failed": runs["failed"],
        "run-live": runs["live"],
        "settings": reverse("web:sync-settings"),
        "company-fields": reverse("web:company-fields"),
        "person-fields": reverse("web:person-fields"),
        "tokens": reverse("web:token-list"),
        "relationship": reverse("web:relationship-request"),
        "connect": reverse("web:connect-requests"),
        "activity": reverse("web:activity"),
        "activity-nothing": reverse("web:activity") + "?since=2999-01-01",
        "where": reverse("web:pending-where") + "?q=alpineskihouse.com",
        "why": reverse("web:pending-why") + "?q=alpineskihouse.com",
        **_google(stage),
        **_of_a_person(stage),
        **_of_webhooks(stage, hooks),
        "not-found": "/companies/pending/999999/",
        "forbidden": reverse("web:operator-home"),
    }


def _deciding(stage: Stage) -> dict[str, str]:
    """Return the pages of decisions, one of each, with companies that match."""
    now = timezone.now()
    with marketplace_scope(stage.marketplace.pk):
        Entitlement.objects.update(link_company=True)
        for draft in (
            CompanyDraft("Alpine Ski House", "AT", domains=(DomainDraft("alpineskihouse.com"),)),
            CompanyDraft("W" * 120, "US", website=f"https://{'w' * 60}.example/"),
            CompanyDraft("<b>Bold</b> & Sons", "FR", domains=(DomainDraft("bold.example"),)),
        ):
            create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=OPERATOR, now=now)
    match_all(marketplace_id=stage.marketplace.pk, clock=timezone.now, should_stop=lambda: False)
    bold, long = stage.pending(domain="bold.example").pk, stage.pending(name="W" * 120).pk
    decided = stage.pending(name="Customer 0001").pk
    with marketplace_scope(stage.marketplace.pk):
        created = create_from_pending(
            pending_id=decided, seen_version=None, draft=None, invite=True, actor=OPERATOR, now=now
        )
        many = Selection(None, "pending", {"q": "customer"})
        seen = forecast(many, BulkAction.SNOOZE, read_company_sync(), now=now)
        run = start_decisions(
            selection=many, wish=Wish(BulkAction.SNOOZE, until=now + timedelta(days=3)), seen_total=seen.total,
            seen_doable=seen.doable, actor=OPERATOR, now=now,
        )  # fmt: skip
    return {
        "decide": reverse("web:pending-detail", args=[bold]) + "?company_q=alpine",
        "decided": reverse("web:pending-detail", args=[decided]),
        "create": reverse("web:pending-create", args=[long]),
        "ignore": reverse("web:pending-ignore", args=[bold]),
        "snooze": reverse("web:pending-snooze", args=[long]),
        "undo": reverse("web:decision-undo", args=[created.decision_id]),
        "many": reverse("web:pending-bulk") + "?action=create&all=1",
        "many-ignored": reverse("web:pending-bulk") + "?action=ignore&all=1&q=alpine",
        "many-run": reverse("web:pending-bulk-run", args=[run.pk]),
        "run-decisions": reverse("web:run-detail", args=[run.pk]) + "?tab=changes",
    }


def _google(stage: Stage) -> dict[str, str]:
    """Return the pages of Google tenants: one that matches, one that can't be read, one with a long name."""
    now = timezone.now()
    connection = Connection.objects.create(
        uid=uuid.uuid4(), name="Google DACH", provider="google", discovery="reseller", subject="a@reseller.example",
        sealed_secret=b"x", created_at=now,
    )  # fmt: skip
    rows: list[GoogleTenant] = []
    with marketplace_scope(stage.marketplace.pk):
        Feed.objects.create(marketplace=stage.marketplace, connection=connection, created_at=now)
        Entitlement.objects.update(user_sync_google=True)
        for name, domain, state in (
            ("Alpine Ski House GmbH", "alpineskihouse.com", "needs_link"), ("", "closed.example", "needs_link"),
            ("W" * 120, f"{'w' * 60}.example", "ignored"), ("東京電子株式会社", "tokyo-denshi.jp", "needs_link"),
        ):  # fmt: skip
            tenant = Tenant.objects.create(
                provider="google", cloud="global", external_id=f"C{len(rows)}abc12de", name=name, domain=domain,
                domains=[domain] if name else None, content_hash=uuid.uuid4(), first_seen_at=now, changed_at=now,
                details_problem="" if name else "This customer is closed to the connection (403).",
            )  # fmt: skip
            row = GoogleTenant(
                marketplace=stage.marketplace, tenant=tenant, sort_name=name.lower(), domain=domain, state=state,
                content_hash=uuid.uuid4(), first_seen_at=now, reason="test" if state == "ignored" else "",
            )  # fmt: skip
            row.save()
            rows.append(row)
    pages = [reverse("web:google-tenant", args=[row.pk]) for row in rows]
    return {
        "google": reverse("web:google-tenants"),
        "google-none": reverse("web:google-tenants") + "?q=zzz",
        "google-tenant": pages[0],
        "google-closed": pages[1] + "?company_q=alpine",
        "google-ignored": pages[2],
    }


def _ignored_together(stage: Stage) -> int:
    """Return a run that put two tenants aside, one of which somebody reopened since."""
    pk, now = stage.marketplace.pk, timezone.now()
    chosen = Selection((stage.pending(name="Customer 0003").pk, stage.pending(name="Customer 0004").pk))
    with marketplace_scope(pk):
        run = start_decisions(
            selection=chosen, wish=Wish(BulkAction.IGNORE, reason_key="test"), seen_total=2, seen_doable=2,
            actor=OPERATOR, now=now,
        )  # fmt: skip
    drive_decisions(run.pk, marketplace_id=pk, clock=timezone.now, should_stop=lambda: False)
    with marketplace_scope(pk):
        reopen_pending(pending_id=chosen.ids[0] if chosen.ids else 0, seen_version=None, actor=OPERATOR, now=now)
    return run.pk


def _of_a_person(stage: Stage) -> dict[str, str]:
    """Return the pages about a person's data."""
    with marketplace_scope(stage.marketplace.pk):
        user = User.objects.exclude(email="").earliest("pk")
    return {
        "person": reverse("web:user-detail", args=[user.pk]),
        "person-data": reverse("web:user-data", args=[user.pk]),
        "person-erase": reverse("web:user-erase", args=[user.pk]),
    }


def _listening(stage: Stage) -> int:
    draft = EndpointDraft(f"Billing {'w' * 60}", Destination(f"https://billing.example/{'w' * 90}", "93.184.215.14"))
    with marketplace_scope(stage.marketplace.pk):
        return create_endpoint(draft=draft, actor=OPERATOR, now=timezone.now()).endpoint.pk


def _of_webhooks(stage: Stage, endpoint: int) -> dict[str, str]:
    """Return the pages of an endpoint that fails; one delivery has an answer."""
    problem = "It answered 500 Oh; only an answer from 200 to 299 counts as received."
    with marketplace_scope(stage.marketplace.pk):
        first, second = Delivery.objects.order_by("pk")[:2]
        good = Attempt(first.pk, Verdict.DELIVERED, 200, "", 0.12, '{"ok": true}')
        bad = Attempt(second.pk, Verdict.FAILED, 500, problem, 1.5, "<html>" + "w" * 300)
        for attempt in (good, bad, bad):
            note_attempts(endpoint, [attempt], now=timezone.now())
    return {
        "webhooks": reverse("web:webhook-list"),
        "webhook-new": reverse("web:webhook-new"),
        "webhook": reverse("web:webhook-detail", args=[endpoint]),
        "webhook-secret": reverse("web:webhook-secret", args=[endpoint]),
        "webhook-delivery": reverse("web:webhook-delivery", args=[second.pk]),
    }


def _operator_pages(cast: Cast) -> dict[str, str]:
    """Return the pages of the operator's area that show most."""
    place = [cast.northwind.pk]
    google = Connection.objects.create(
        uid=uuid.uuid4(), name="Google EU", provider="google", discovery="channel", subject="admin@reseller.example",
        partner_tenant_id="C0abc12de", service_account="sync@project.iam.gserviceaccount.com",
        service_account_id="104518830261937745120", created_at=timezone.now(),
    )  # fmt: skip
    return {
        "operator-google": reverse("web:operator-connection", args=[google.pk]),
        "operator-google-add": reverse("web:operator-google-add"),
        "operator-place": reverse("web:operator-marketplace", args=place),
        "operator-feed": reverse("web:operator-feed", args=[*place, cast.connection.pk]),
        "operator-connection": reverse("web:operator-connection", args=[cast.connection.pk]),
        "operator-connection-add": reverse("web:operator-connection-add"),
        "operator-activity": reverse("web:operator-activity"),
        "operator-sharing": reverse("web:operator-sharing"),
    }


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_page_fits_is_accessible_and_silent(
    look: Look, browser: Browser, web_server: str, cast: Cast, stage: Stage
) -> None:
    visits = {
        "anonymous": {"sign-in": "/account/sign-in/"},
        "owner": _set_the_stage(stage),
        "colleague": {"home-support": "/"},
        "nobody": {"home-nobody": "/"},
        "operator": {"operator": "/operator/", **_operator_pages(cast)},
    }
    assert look_at(browser, web_server, visits, look) == []

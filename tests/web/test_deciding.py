"""Deciding on pending companies through the pages: each answer, who may give it, and what bad input gets."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.reading import names_in, text_of
from tests.web.stage import Customer, Stage, customers

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company
from tenantry.marketplace.models import Company, CompanyOrigin, Membership
from tenantry.sync.deciding.carrying import drive_decisions
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import CompanySyncSettings, Decision, Entitlement, PendingCompany, Run

HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>\u202e \U0001f600'


def allow(stage: Stage, **settings: bool) -> None:
    with marketplace_scope(stage.marketplace.pk):
        Entitlement.objects.update(link_company=True)
        CompanySyncSettings.objects.update(**settings)


def company(stage: Stage, name: str, *domains: str, country: str = "AT") -> int:
    draft = CompanyDraft(name, country, domains=tuple(map(DomainDraft, domains)))
    with marketplace_scope(stage.marketplace.pk):
        return create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=OPERATOR, now=timezone.now()).pk


def match(stage: Stage) -> None:
    assert match_all(marketplace_id=stage.marketplace.pk, clock=timezone.now, should_stop=lambda: False)


def place(name: str, pending: PendingCompany) -> str:
    return reverse(f"web:pending-{name}", args=[pending.pk])


def play_queue(_cast: Cast, stage: Stage) -> None:
    allow(stage)
    company(stage, "Customer 0000 AG", "customer0.example")
    stage.sync(customers(4))
    match(stage)


SCENES = {"queue": play_queue}


@pytest.fixture
def queue(stage: Stage) -> Stage:
    """Four tenants wait; the first has one strong match."""
    return stage


@pytest.fixture
def owner(cast: Cast, queue: Stage) -> Client:
    return cast.client("owner")


def test_the_list_says_the_match_in_words_and_offers_the_likely_decision(owner: Client) -> None:
    page = owner.get("/companies/pending/")
    assert "1 match · Strong Customer 0000 AG : name, domain, country" in text_of(page)
    content = page.content.decode()
    assert content.count('data-key="l">Link<') == 1
    assert content.count('data-key="c">Create<') == 3
    assert names_in(owner.get("/companies/pending/?match=strong")) == ["Customer 0000"]
    assert names_in(owner.get("/companies/pending/?sort=-match"))[0] == "Customer 0000"
    assert len(names_in(owner.get("/companies/pending/?match=none"))) == 3


def test_linking_goes_on_to_the_next_row_and_can_be_taken_back(owner: Client, queue: Stage) -> None:
    pending = queue.pending(name="Customer 0000")
    page = owner.get(place("detail", pending))
    assert "Which company is it?" in text_of(page)
    assert "+ For: Same domain, and only this company has it: customer0.example." in text_of(page)
    with marketplace_scope(queue.marketplace.pk):
        wanted = Company.objects.get().pk
    sent = {"company": wanted, "version_of": pending.version}
    answer = owner.post(place("link", pending), sent)
    following = queue.pending(name="Customer 0001")
    assert answer["Location"] == place("detail", following)
    told = text_of(owner.get(answer["Location"]))
    assert "Customer 0000 : Linked to Customer 0000 AG. Undo" in told
    again = owner.post(place("link", pending), sent, follow=True)
    assert "was linked to Customer 0000 AG by Max Owner" in text_of(again)
    with marketplace_scope(queue.marketplace.pk):
        decision = Decision.objects.get()
    undo = reverse("web:decision-undo", args=[decision.pk])
    assert "no longer linked to Customer 0000 AG" in text_of(owner.get(undo))
    assert "Taken back" in text_of(owner.post(undo, follow=True))
    assert queue.pending(name="Customer 0000").state == "pending"


def test_linking_by_hand_finds_any_company_and_shows_both_side_by_side(owner: Client, queue: Stage) -> None:
    other = company(queue, "Völlig Anders KG", "anders.example", country="DE")
    pending = queue.pending(name="Customer 0002")
    found = owner.get(place("detail", pending) + "?company_q=vollig")
    assert "Völlig Anders KG" in text_of(found)
    page = owner.get(place("detail", pending) + f"?company={other}")
    assert "found by your search" in text_of(page)
    assert "Nothing speaks for it" in text_of(page)
    assert "Country different Austria Germany" in text_of(page)
    owner.post(place("link", pending), {"company": other, "version_of": 0, "add_contact": "on"})
    with marketplace_scope(queue.marketplace.pk):
        assert Membership.objects.get(company_id=other).role == "administrator"


def test_linking_says_why_it_is_not_possible_on_the_page_and_in_the_service(owner: Client, queue: Stage) -> None:
    allow(queue, create_automatically=True)
    pending = queue.pending(name="Customer 0000")
    page = owner.get(place("detail", pending))
    assert "only while companies are not created automatically" in text_of(page)
    assert "Link to" not in text_of(page)
    with marketplace_scope(queue.marketplace.pk):
        wanted = Company.objects.get().pk
    refused = owner.post(place("link", pending), {"company": wanted, "version_of": 0}, follow=True)
    assert "only while companies are not created automatically" in text_of(refused)
    assert queue.pending(name="Customer 0000").state == "pending"


def test_creating_lists_similar_companies_first_and_asks_for_what_is_missing(owner: Client, queue: Stage) -> None:
    pending = queue.pending(name="Customer 0000")
    page = owner.get(place("create", pending))
    assert "Is it one of these? Look before you make a second one. Customer 0000 AG" in text_of(page)
    sent = {"version_of": 0, "name": "Customer Null", "contact_email": "", "country": "AT", "domains": ""}
    refused = owner.post(place("create", pending), sent)
    assert refused.status_code == 422
    assert "give the e-mail address of its primary contact" in text_of(refused)
    refused = owner.post(place("create", pending), {**sent, "contact_email": "not an address"})
    assert refused.status_code == 422
    created = owner.post(place("create", pending), {**sent, "contact_email": "new@customer0.example"}, follow=True)
    assert "Created Customer Null" in text_of(created)
    with marketplace_scope(queue.marketplace.pk):
        assert Membership.objects.get().user.email == "new@customer0.example"


@pytest.mark.parametrize("name", ["x" * 301, "Bad \u202e name", "  "])
def test_names_that_can_t_be_are_refused_in_place(name: str, owner: Client, queue: Stage) -> None:
    pending = queue.pending(name="Customer 0001")
    sent = {"version_of": 0, "name": name, "contact_email": "a@customer1.example"}
    assert owner.post(place("create", pending), sent).status_code == 422
    assert queue.pending(name="Customer 0001").state == "pending"


def test_ignoring_snoozing_and_reopening(owner: Client, queue: Stage) -> None:
    first, second = queue.pending(name="Customer 0001"), queue.pending(name="Customer 0002")
    assert owner.post(place("ignore", first), {"version_of": 0}).status_code == 422
    told = owner.post(place("ignore", first), {"version_of": 0, "reason_key": "other", "reason": HOSTILE}, follow=True)
    assert "Ignored." in text_of(told)
    page = owner.get(place("detail", first))
    assert b"<script>alert(1)" not in page.content
    assert "\u202e" not in page.content.decode()
    assert owner.post(place("snooze", second), {"version_of": 0, "until": "2020-01-01"}).status_code == 422
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    owner.post(place("snooze", second), {"version_of": 0, "until": tomorrow})
    assert names_in(owner.get("/companies/pending/?tab=snoozed")) == ["Customer 0002"]
    owner.post(place("reopen", first), {"version_of": 1})
    assert queue.pending(name="Customer 0001").state == "pending"


def test_many_rows_are_said_beforehand_then_decided_in_a_run(owner: Client, queue: Stage) -> None:
    page = owner.get("/companies/pending/many/?action=create&all=1&q=customer")
    assert "What will happen 4 selected 3 will be done" in text_of(page)
    assert "1 stays as it is: Looks like a company that is here already" in text_of(page)
    sent = {"action": "create", "all": "1", "q": "customer", "seen_total": 4, "seen_doable": 3}
    changed = owner.post("/companies/pending/many/start/", {**sent, "seen_total": 5})
    assert changed.status_code == 422
    assert "The list changed since you looked" in text_of(changed)
    answer = owner.post("/companies/pending/many/start/", sent)
    with marketplace_scope(queue.marketplace.pk):
        run = Run.objects.get(kind="decisions")
    assert answer["Location"] == reverse("web:pending-bulk-run", args=[run.pk])
    assert "Waiting to start" in text_of(owner.get(answer["Location"]))
    drive_decisions(run.pk, marketplace_id=queue.marketplace.pk, clock=timezone.now, should_stop=lambda: False)
    ended = text_of(owner.get(answer["Location"]))
    assert "3 rows decided." in ended
    history = text_of(owner.get(reverse("web:run-detail", args=[run.pk])))
    assert "Decisions: create" in history
    assert "Decisions: create" in text_of(owner.get("/sync/history/?kind=decisions"))
    assert owner.get(f"/companies/pending/many/{run.pk}/progress/")["HX-Refresh"] == "true"


def test_ticked_rows_only(owner: Client, queue: Stage) -> None:
    ids = [queue.pending(name=f"Customer 000{number}").pk for number in (1, 2)]
    ticked = "".join(f"&id={pk}" for pk in (*ids, 987654321, "x"))
    page = owner.get(f"/companies/pending/many/?action=ignore{ticked}")
    assert "2 selected" in text_of(page)
    assert owner.get("/companies/pending/many/?action=ignore").status_code == 302
    assert owner.get("/companies/pending/many/?action=explode&id=1").status_code == 400
    sent = {"action": "ignore", "id": ids, "seen_total": 2, "seen_doable": 2}
    assert "Choose a reason" in text_of(owner.post("/companies/pending/many/start/", sent))


def test_the_export_is_what_the_filter_shows_and_no_spreadsheet_runs_it(owner: Client, queue: Stage) -> None:
    queue.sync([Customer(HOSTILE, "evil.example", contact='@SUM(1)"', email="-x@evil.example")])
    answer: Any = owner.get("/companies/pending/export.csv?q=evil")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(content)))
    cells = dict(zip(head, row, strict=True))
    assert (cells["Name"], cells["Primary contact"][:2], cells["Contact e-mail"][:2]) == (f"'{HOSTILE}", "'@", "'-")
    every: Any = owner.get("/companies/pending/export.csv")
    assert len(list(csv.reader(io.StringIO(b"".join(every.streaming_content).decode("utf-8-sig"))))) == 6


def test_support_decides_when_the_setting_says_so_and_never_chooses_to_invite(cast: Cast, queue: Stage) -> None:
    client, pending = cast.client("colleague"), queue.pending(name="Customer 0001")
    allow(queue, sales_support=False)
    assert client.get(place("create", pending)).status_code == 403
    allow(queue, sales_support=True)
    page = client.get(place("create", pending))
    assert "The marketplace's settings decide: nobody is invited" in text_of(page)
    sent = {"version_of": 0, "name": "Made", "contact_email": "a@customer1.example", "invite": "on"}
    assert client.post(place("create", pending), sent).status_code == 302
    with marketplace_scope(queue.marketplace.pk):
        own = Decision.objects.get()
        assert own.undo["invitation"] is None
    managers = queue.pending(name="Customer 0002")
    cast.client("owner").post(place("ignore", managers), {"version_of": 0, "reason_key": "test"})
    with marketplace_scope(queue.marketplace.pk):
        theirs = Decision.objects.latest("pk")
    undo = reverse("web:decision-undo", args=[theirs.pk])
    assert "Max Owner decided this" in text_of(client.get(undo))
    client.post(undo)
    assert queue.pending(name="Customer 0002").state == "ignored"
    client.post(reverse("web:decision-undo", args=[own.pk]))
    assert queue.pending(name="Customer 0001").state == "pending"
    allow(queue, sales_support=False)
    assert client.get(place("create", pending)).status_code == 403
    assert client.get("/companies/pending/export.csv").status_code == 403


def test_what_is_another_marketplace_s_is_not_found(cast: Cast, queue: Stage, owner: Client) -> None:
    pending = queue.pending(name="Customer 0001")
    owner.post(place("ignore", pending), {"version_of": 0, "reason_key": "test"})
    with marketplace_scope(queue.marketplace.pk):
        decision, wanted = Decision.objects.get().pk, Company.objects.get().pk
    stranger = cast.client("stranger")
    for name in ("create", "ignore", "snooze"):
        assert stranger.get(place(name, pending)).status_code == 404
    assert stranger.post(place("link", pending), {"company": wanted, "version_of": 0}).status_code == 404
    assert stranger.get(reverse("web:decision-undo", args=[decision])).status_code == 404
    second = queue.pending(name="Customer 0002")
    assert owner.post(place("link", second), {"company": 987654, "version_of": 0}).status_code == 404
    assert "0 selected" in text_of(stranger.get(f"/companies/pending/many/?action=ignore&id={second.pk}"))


@pytest.mark.parametrize("sent", [{}, {"company": "x", "version_of": "0"}, {"company": "1" * 40, "version_of": "0"}])
def test_a_form_that_was_tampered_with_changes_nothing(sent: dict[str, str], owner: Client, queue: Stage) -> None:
    pending = queue.pending(name="Customer 0001")
    assert owner.post(place("link", pending), sent).status_code == 400
    assert queue.pending(name="Customer 0001").state == "pending"

"""A page asks as often for two hundred rows as for five: its cost is known before its data is."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.people import add_companies, add_people
from tests.web.stage import Customer, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, DomainDraft
from tenantry.marketplace.models import Company, User
from tenantry.marketplace.services import create_marketplace
from tenantry.sync.models import Finding, Run, RunState, Trigger
from tenantry.webhooks.destinations import Destination
from tenantry.webhooks.models import Endpoint
from tenantry.webhooks.services import EndpointDraft, create_endpoint

MOST = 40


def queries(client: Client, address: str) -> int:
    client.get(address)  # whatever is asked once in a process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def _many_runs(stage: Stage, count: int) -> None:
    now = timezone.now()
    with marketplace_scope(stage.marketplace.pk):
        for number in range(count):
            Run.objects.create(
                marketplace=stage.marketplace, connection=stage.connection, trigger=Trigger.SCHEDULE,
                state=RunState.DONE, complete=True, counters={"tenants_seen": number},
                created_at=now - timedelta(minutes=number), ended_at=now,
            )  # fmt: skip


def _many_findings(stage: Stage, count: int) -> None:
    with marketplace_scope(stage.marketplace.pk):
        observation_id = Run.objects.exclude(observation=None).latest("pk").observation_id or 0
    for number in range(count):
        Finding.objects.create(
            observation_id=observation_id, kind="invalid record", reference=str(number), reason="No.",
            created_at=timezone.now(),
        )  # fmt: skip


def _run(stage: Stage) -> str:
    with marketplace_scope(stage.marketplace.pk):
        return reverse("web:run-detail", args=[Run.objects.exclude(observation=None).latest("pk").pk])


def _many_people(stage: Stage, start: int, count: int) -> None:
    drafts = [
        CompanyDraft(f"Company {n}", "AT", domains=(DomainDraft(f"c{n}.example"), DomainDraft(f"d{n}.example")))
        for n in range(start, start + count)
    ]  # fmt: skip
    made = add_companies(stage.marketplace, drafts)
    with marketplace_scope(stage.marketplace.pk):
        first = Company.objects.earliest("pk")
    for company in made:
        add_people(company, "person0@example.com", f"person{company.pk}@example.com", name="Eva Person")
    add_people(first, *(f"person{n}@first.example" for n in range(start, start + count)), name="Ida Person")


def _first_company(stage: Stage) -> int:
    with marketplace_scope(stage.marketplace.pk):
        return Company.objects.earliest("pk").pk


def _endpoint(stage: Stage) -> int:
    """Return who has listened from the first sync on."""
    with marketplace_scope(stage.marketplace.pk):
        found = Endpoint.objects.first()
        if found is None:
            draft = EndpointDraft("Billing", Destination("https://billing.example/", "93.184.215.14"))
            found = create_endpoint(draft=draft, actor=OPERATOR, now=timezone.now()).endpoint
        return found.pk


def _first_user(stage: Stage) -> int:
    with marketplace_scope(stage.marketplace.pk):
        return User.objects.get(email="person0@example.com").pk


PAGES: dict[str, Callable[[Stage], str]] = {
    "home": lambda _: "/",
    "list": lambda _: "/companies/pending/",
    "list filtered": lambda _: "/companies/pending/?q=customer+1&country=AT&problem=none&age=day&sort=-first_seen",
    "list of what is done": lambda _: "/companies/pending/?tab=done",
    "detail": lambda stage: f"/companies/pending/{stage.pending(name='Detail').pk}/",
    "create": lambda stage: f"/companies/pending/{stage.pending(name='Detail').pk}/create/",
    "many": lambda _: "/companies/pending/many/?action=link&all=1",
    "history": lambda _: "/sync/history/",
    "run": _run,
    "changes": lambda stage: _run(stage) + "?tab=changes",
    "seen": lambda stage: _run(stage) + "?tab=findings&what=seen",
    "run's held": lambda stage: _run(stage) + "?tab=held",
    "undo of a run": lambda stage: _run(stage) + "undo/",
    "findings": lambda stage: _run(stage) + "?tab=findings",
    "steps": lambda stage: _run(stage) + "?tab=steps",
    "progress": lambda stage: _run(stage) + "progress/",
    "settings": lambda _: "/settings/data-sync/",
    "held": lambda _: "/sync/held/",
    "companies": lambda _: "/companies/",
    "companies filtered": lambda _: "/companies/?q=company&country=AT&origin=by_hand&sort=-created",
    "company": lambda stage: f"/companies/{_first_company(stage)}/",
    "activity": lambda _: "/audit/",
    "activity filtered": lambda _: "/audit/?q=company&kind=marketplace.company&by=operator&since=2020-01-01",
    "webhooks": lambda _: "/settings/webhooks/",
    "webhook": lambda stage: f"/settings/webhooks/{_endpoint(stage)}/",
    "webhook filtered": lambda stage: f"/settings/webhooks/{_endpoint(stage)}/?tab=waiting&type=pending.added",
    "users": lambda _: "/users/",
    "users filtered": lambda _: "/users/?q=person&role=user&origin=by_hand&sort=-created",
    "user": lambda stage: f"/users/{_first_user(stage)}/",
}


# Every list in each of its orders, and with each of its filters; together they are more than anybody asks at once.
LISTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "/companies/pending/": (
        ("name", "-name", "country", "domain", "contact", "-match", "problems", "-problems", "-first_seen"),
        ("q=customer", "country=AT", "problem=none", "match=none", "age=day", "tab=ignored", "tab=snoozed"),
    ),
    "/companies/": (
        ("name", "-name", "created", "-created"),
        ("q=company", "country=AT", "origin=by_hand", "tab=pending", "tab=enabled"),
    ),
    "/users/": (("name", "-name", "created", "-created"), ("q=person", "role=user", "origin=by_hand", "tab=none")),
    "/sync/history/": ((), ("kind=sync", "state=done", "trigger=schedule", "kind=decisions&state=failed")),
    "/companies/connect/": ((), ("state=pending", "state=complete")),
}  # fmt: skip


def _list_pages() -> list[str]:
    return [
        f"{address}?{query}"
        for address, (sorts, filters) in LISTS.items()
        for query in (*(f"sort={sort}" for sort in sorts), *filters)
    ]


def _queries_of_lists(client: Client) -> dict[str, int]:
    found = {}
    for address in _list_pages():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        found[address] = len(captured)
    return found


def _queries_of_pages(client: Client, stage: Stage) -> dict[str, int]:
    return {page: queries(client, address(stage)) for page, address in PAGES.items()}


def test_pages_ask_the_same_number_of_questions_whatever_there_is(cast: Cast, stage: Stage) -> None:
    _endpoint(stage)
    stage.sync([*customers(5), Customer("Done", "done.example"), Customer("Detail", "detail.example")])
    stage.move("linked", name="Done")
    _many_people(stage, 0, 3)
    client = cast.client("owner")
    few, few_of_lists = _queries_of_pages(client, stage), _queries_of_lists(client)
    stage.sync([*customers(200), *(Customer(f"Done {number}", "done.example") for number in range(60))])
    stage.move("linked", name__startswith="Done ")
    _many_runs(stage, 120)
    _many_findings(stage, 120)
    _many_people(stage, 3, 60)
    stage.sync(customers(5))
    assert _queries_of_pages(client, stage) == few
    assert _queries_of_lists(client) == few_of_lists
    assert {page: count for page, count in {**few, **few_of_lists}.items() if count > MOST} == {}


def test_the_operator_s_page_asks_the_same_whatever_there_is(cast: Cast) -> None:
    client = cast.client("operator")
    few = queries(client, "/operator/")
    for number in range(20):
        create_marketplace(name=f"Marketplace {number}", actor=OPERATOR, now=timezone.now())
    assert queries(client, "/operator/") == few
    assert few <= MOST


def test_the_frame_of_a_page_costs_few_questions(cast: Cast, stage: Stage) -> None:
    client = cast.client("nobody")
    assert queries(client, "/") <= 3

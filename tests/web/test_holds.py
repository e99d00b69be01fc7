"""Held: what the page says, and that exactly what was chosen there is released or rejected."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.web.cast import Cast
from tests.web.reading import names_in, text_of
from tests.web.stage import Customer, Stage

from tenantry.core.company_settings import CompanySettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.company_settings import save_company_settings
from tenantry.sync.holds.applying import apply_released
from tenantry.sync.models import Change, ChangeState, Hold, PendingCompany
from tenantry.sync.switches import read_company_sync

CREATING = CompanySettings(company_sync=True, create_automatically=True, sales_support=True, customer_support=True)


def save(cast: Cast, wanted: CompanySettings) -> None:
    with marketplace_scope(cast.northwind.pk):
        save_company_settings(
            wanted=wanted, seen_version=read_company_sync().version, actor=cast.actor("owner"),
            now=timezone.now() - timedelta(minutes=5),
        )  # fmt: skip


def newcomers(count: int) -> list[Customer]:
    return [
        Customer(f"Newcomer {number:03}", f"new{number}.example", email=f"ada@new{number}.example")
        for number in range(count)
    ]


def play_held(cast: Cast, stage: Stage) -> None:
    save(cast, replace(CREATING, invite_admins=True))
    stage.sync(newcomers(60))


SCENES = {"held": play_held}


@pytest.fixture
def held(cast: Cast, stage: Stage) -> Hold:
    """Sixty newcomers, all held because they are the connection's first."""
    with marketplace_scope(cast.northwind.pk):
        return Hold.objects.get()


def boxes(answer: HttpResponse | Any) -> list[str]:
    return re.findall(r'name="row" value="([^"]+)"', answer.content.decode())


def states(cast: Cast) -> dict[str, int]:
    with marketplace_scope(cast.northwind.pk):
        found = Change.objects.filter(kind="company.create").values_list("state", flat=True)
        return {state: list(found).count(state) for state in set(found)}


def test_the_list_says_what_is_held_and_that_nothing_of_it_was_applied(cast: Cast, held: Hold) -> None:
    words = text_of(cast.client("owner").get("/sync/held/"))
    assert "First companies of Partner Center EU: 60" in words
    assert "Nothing of what is held was applied" in words
    assert "Look at 60 held companies" in words
    home = text_of(cast.client("owner").get("/"))
    assert "60 companies held for your release" in home
    assert "Held 60 wait for your release" in home


def test_the_held_tab_of_pending_companies_leads_to_held_whoever_may_release(cast: Cast, held: Hold) -> None:
    page = cast.client("owner").get("/companies/pending/?tab=held")
    assert "release or reject them, in Held ." in text_of(page)
    assert 'them, in <a href="/sync/held/">' in page.content.decode()
    theirs = cast.client("colleague").get("/companies/pending/?tab=held")
    assert "A marketplace manager releases or rejects them." in text_of(theirs)
    assert "/sync/held/" not in theirs.content.decode()
    assert "A brake stopped" not in text_of(cast.client("owner").get("/companies/pending/"))


def test_a_marketplace_without_holds_says_so(cast: Cast) -> None:
    assert "Nothing is held" in text_of(cast.client("owner").get("/sync/held/"))


def test_the_page_of_a_hold_says_what_each_button_does_and_pages_through_its_rows(cast: Cast, held: Hold) -> None:
    client = cast.client("owner")
    first = client.get(f"/sync/held/{held.pk}/")
    words = text_of(first)
    for part in ("What was held", "Applied so far", "What happens next", "Release", "Reject", "at most 50 e-mails"):
        assert part in words
    assert len(boxes(first)) == 50
    following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert following
    second = client.get(following[1].replace("&amp;", "&"))
    assert len(boxes(second)) == 10
    assert len({*names_in(first), *names_in(second)}) == 60


def test_a_release_shows_the_list_once_more_and_then_releases_exactly_that(cast: Cast, held: Hold) -> None:
    client = cast.client("owner")
    chosen = boxes(client.get(f"/sync/held/{held.pk}/"))[:40]
    once_more = client.post(f"/sync/held/{held.pk}/release/", {"row": chosen})
    words = text_of(once_more)
    assert "Release 40 companies?" in words
    assert "Exactly these companies will be created, and 40 people will be invited." in words
    assert states(cast) == {"held": 60}
    assert boxes(once_more) == chosen
    done = client.post(f"/sync/held/{held.pk}/release/", {"row": boxes(once_more), "confirm": "1"})
    assert done.headers["Location"] == f"/sync/held/{held.pk}/"
    assert states(cast) == {"held": 20, "approved": 40}
    assert ProcrastinateJob.objects.filter(task_name="tenantry.sync.tasks.released").count() == 1
    apply_released(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    words = text_of(client.get(f"/sync/held/{held.pk}/"))
    assert "20 held · 40 created" in words
    listed = client.get("/sync/history/?trigger=release")
    assert "Release done Max Owner" in text_of(listed)
    (number,) = {int(pk) for pk in re.findall(r"/sync/history/(\d+)/", listed.content.decode())}
    run = text_of(client.get(f"/sync/history/{number}/"))
    for part in ("Release of held companies", "40 companies created", "Released 40", "Rows released 40"):
        assert part in run, part
    assert "Newcomer 0" in text_of(client.get(f"/sync/history/{number}/?tab=changes"))
    assert "60 tenants seen" in text_of(client.get("/")), "the last sync is the one that read the provider"
    assert "company by company" in text_of(client.get(f"/sync/history/{number}/?tab=steps"))
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.count() == 40


def test_everything_is_released_by_one_button_if_it_is_still_what_was_shown(cast: Cast, held: Hold) -> None:
    client = cast.client("owner")
    once_more = client.post(f"/sync/held/{held.pk}/release/", {"all": "1"}).content.decode()
    digest = re.search(r'name="everything" value="([^"]+)"', once_more)
    assert digest
    with marketplace_scope(cast.northwind.pk):
        PendingCompany.objects.filter(name="Newcomer 007").update(name="Somebody Else")
    refused = client.post(f"/sync/held/{held.pk}/release/", {"everything": digest[1], "confirm": "1"})
    assert refused.status_code == 409
    assert "changed meanwhile" in text_of(refused)
    assert states(cast) == {"held": 60}
    again = re.search(r'name="everything" value="([^"]+)"', refused.content.decode())
    assert again
    client.post(f"/sync/held/{held.pk}/release/", {"everything": again[1], "confirm": "1"})
    assert states(cast) == {"approved": 60}


def test_what_is_rejected_waits_in_pending_companies(cast: Cast, held: Hold) -> None:
    client = cast.client("owner")
    chosen = boxes(client.get(f"/sync/held/{held.pk}/"))[:2]
    assert "Reject 2 companies?" in text_of(client.post(f"/sync/held/{held.pk}/reject/", {"row": chosen}))
    client.post(f"/sync/held/{held.pk}/reject/", {"row": chosen, "confirm": "1"})
    assert states(cast) == {"held": 58, "rejected": 2}
    with marketplace_scope(cast.northwind.pk):
        assert PendingCompany.objects.filter(state="pending", by_hand=True).count() == 2


@pytest.mark.parametrize("row", ["", "x", "1:2", "999999:00000000-0000-0000-0000-000000000000", "1" * 30, "\0"])
def test_a_selection_that_makes_no_sense_releases_nothing(row: str, cast: Cast, held: Hold) -> None:
    for more in ({}, {"confirm": "1"}):
        answer = cast.client("owner").post(f"/sync/held/{held.pk}/release/", {"row": row, **more})
        assert answer.headers["Location"] == f"/sync/held/{held.pk}/"
    assert states(cast) == {"held": 60}


def test_a_row_of_another_hold_or_a_content_nobody_saw_is_not_released(cast: Cast, held: Hold) -> None:
    client = cast.client("owner")
    first = boxes(client.get(f"/sync/held/{held.pk}/"))[0]
    forged = first.partition(":")[0] + ":00000000-0000-0000-0000-000000000000"
    answer = client.post(f"/sync/held/{held.pk}/release/", {"row": forged, "confirm": "1"})
    assert answer.status_code == 409
    assert states(cast) == {"held": 60}


def test_other_marketplaces_holds_do_not_exist(cast: Cast, held: Hold) -> None:
    client = cast.client("stranger")
    for pk in (held.pk, held.pk + 1_000, 2**70):
        assert client.get(f"/sync/held/{pk}/").status_code == 404
        assert client.post(f"/sync/held/{pk}/release/", {"all": "1"}).status_code == 404
        assert client.post(f"/sync/held/{pk}/reject/", {"all": "1"}).status_code == 404


def test_what_could_not_be_created_is_shown_with_its_reason_and_its_next_try(cast: Cast, held: Hold) -> None:
    with marketplace_scope(cast.northwind.pk):
        Change.objects.filter(subject_name="Newcomer 003").update(
            state=ChangeState.FAILED, problem="The address is none.", attempts=2,
            next_attempt_at=timezone.now() + timedelta(hours=1),
        )  # fmt: skip
    words = text_of(cast.client("owner").get(f"/sync/held/{held.pk}/"))
    assert "Released, and could not be created yet" in words
    assert "Newcomer 003 The address is none. tried 2 times, again" in words


def test_the_page_of_a_hold_asks_the_same_number_of_questions_whatever_there_is(cast: Cast, held: Hold) -> None:
    client, counts = cast.client("owner"), []
    with marketplace_scope(cast.northwind.pk):
        few = Change.objects.filter(kind="company.create").order_by("pk").values_list("pk", flat=True)[:5]
        many = Change.objects.exclude(pk__in=list(few)).filter(kind="company.create")
    for state in (ChangeState.HELD, ChangeState.REJECTED):
        with marketplace_scope(cast.northwind.pk):
            many.update(state=state)
        client.get(f"/sync/held/{held.pk}/")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/sync/held/{held.pk}/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 27


def test_what_no_rule_creates_says_why_in_the_queue_and_on_its_page(cast: Cast, stage: Stage) -> None:
    save(cast, CREATING)
    shared = [Customer(f"Shared {number}", f"s{number}.example", email="bo@books.example") for number in range(2)]
    stage.sync([*shared, *newcomers(1)])
    client = cast.client("owner")
    listed = client.get("/companies/pending/?problem=contact_shared")
    assert names_in(listed) == ["Shared 0", "Shared 1"]
    assert "contact shared with another tenant" in text_of(listed)
    words = text_of(client.get(f"/companies/pending/{stage.pending(name='Shared 0').pk}/"))
    assert "Not created automatically" in words
    assert "would become administrator of several companies" in words

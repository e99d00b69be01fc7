"""People leave and a brake trips: the notice, the review, two of five released, three still held, one given back."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.e2e.releasing import release_selected
from tests.e2e.test_held_journey import never, page, picture  # noqa: F401  # the fixture of a page that is signed in
from tests.web.cast import Cast
from tests.web.directories import Somebody, add_directory
from tests.web.people import add_company

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Membership, MembershipState
from tenantry.sync.models import DirectoryUser, Entitlement, Run, Sighting, Trigger, UserSyncSettings
from tenantry.sync.people.finishing import finish_people_run
from tenantry.sync.people.linked import linked_tenants
from tenantry.sync.people.planning import decide_people, read_rulebook, store_plan
from tenantry.sync.people.runs import PeopleRun, Wish, create_people_run
from tenantry.sync.people.views import SharedAddresses, next_people
from tenantry.sync.undoing.carrying import drive_undo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
NAMES = [f"{name} Leaver" for name in ("Ann", "Bea", "Cem", "Dan", "Eva")]
STAY = [f"{name} Stayer" for name in ("Fay", "Gil", "Hal", "Ida")]


def people_leave(cast: Cast) -> None:
    """Nine people follow a directory; five of them are deleted there, and the sync plans what follows."""
    company = add_company(cast.northwind, "Alpine", "alpine.example")
    somebodies = [Somebody(name, f"{name.split()[0].lower()}@alpine.example") for name in (*NAMES, *STAY)]
    people = add_directory(company, cast.connection, *somebodies)
    now = timezone.now()
    gone = [person.pk for person in people[: len(NAMES)]]
    DirectoryUser.objects.filter(pk__in=gone).update(left_at=now - timedelta(hours=1))
    Sighting.objects.create(
        connection=cast.connection, tenant_id=people[0].tenant_id, relationship="reseller",
        content_hash=cast.connection.uid, first_seen_at=now,
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update_or_create(
            marketplace_id=cast.northwind.pk, defaults={"user_sync_microsoft": True}
        )  # fmt: skip
        UserSyncSettings.objects.create(
            marketplace_id=cast.northwind.pk, provider="microsoft", user_sync=True, leavers="deactivate", changed_at=now
        )
        run = create_people_run(
            marketplace_id=cast.northwind.pk, connection_id=cast.connection.pk,
            wish=Wish(cast.actor("owner"), Trigger.BUTTON), now=now,
        )  # fmt: skip
        tenants = linked_tenants(cast.connection.pk)
        found = next_people(tenants, after=0, limit=100)
        shared = SharedAddresses().of(tenants)
        store_plan(run, decide_people(found, tenants, read_rulebook("microsoft"), shared), now=now)
    finish_people_run(
        PeopleRun(run.pk, cast.northwind.pk, None, run.state, preview=False), clock=timezone.now, should_stop=never
    )


def left(cast: Cast) -> set[str]:
    with marketplace_scope(cast.northwind.pk):
        rows = Membership.objects.select_related("user").filter(state=MembershipState.INACTIVE)
        return {row.user.name for row in rows}


def test_leavers_are_told_reviewed_partly_released_and_one_is_given_back(page: Page, cast: Cast) -> None:  # noqa: F811  # the fixture
    people_leave(cast)
    page.goto("/")
    page.get_by_role("link", name="1 unread notice").click()
    expect(page.get_by_text("Held for your release: removals (5)", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("Look at what is held")).click()
    expect(page.get_by_text("Nothing of what is held was applied").first).to_be_visible()
    assert left(cast) == set()
    picture(page, "held-removals")
    release_selected(page, NAMES[:2], whom="people", made=lambda: left(cast), marketplace_id=cast.northwind.pk)
    expect(page.get_by_text("3 held · 2 deactivated").first).to_be_visible()
    assert left(cast) == set(NAMES[:2])

    with marketplace_scope(cast.northwind.pk):
        release = Run.objects.get(trigger=Trigger.RELEASE)
    page.goto(f"/sync/history/{release.pk}/?tab=changes")
    page.get_by_role("checkbox", name=re.compile(NAMES[1])).check()
    page.get_by_role("button", name=re.compile("Take back")).last.click()
    expect(page.get_by_text("The place in Alpine is given back.").first).to_be_visible()
    page.locator("main form button.btn-primary").click()
    with marketplace_scope(cast.northwind.pk):
        undo = Run.objects.get(trigger=Trigger.UNDO)
    drive_undo(undo.pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=never)
    assert left(cast) == {NAMES[0]}
    page.goto("/sync/held/")
    expect(page.get_by_role("link", name="Look at 3 held people")).to_be_visible()

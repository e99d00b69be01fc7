"""What every number of a run leads to: its rows, searched, filtered, and taken along as a file."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change, ChangeState, Feed, Hold, QueueSample, Run
from tenantry.sync.pending.sampling import forget_samples, queue_per_day, sample_queue
from tenantry.web.runs.fields import differences

HISTORY = "/sync/history/"


@pytest.fixture
def run(cast: Cast, stage: Stage) -> Run:
    """The second run over four customers, of whom one was renamed, and one is linked by a sync of long ago."""
    known = [*customers(3), Customer("Alpine", "alpine.example")]
    stage.sync(known)
    again = [
        Customer(**{**each.__dict__, "external_id": stage.tenant(each.name).external_id}) for each in known
    ]  # fmt: skip
    renamed = Customer(**{**again[3].__dict__, "name": "=Boreal"})
    asked = stage.request()
    stage.list(asked, [*again[:3], renamed])
    stage.end()
    with marketplace_scope(cast.northwind.pk):
        return Run.objects.get(pk=asked.pk)


def _words(cast: Cast, address: str) -> str:
    return text_of(cast.client("owner").get(address))


def test_the_summary_shows_every_sum_and_each_number_leads_to_its_rows(cast: Cast, run: Run) -> None:
    page = cast.client("owner").get(f"{HISTORY}{run.pk}/")
    words = text_of(page)
    assert "4 Records read = 4 valid adds up" in words
    assert "4 Tenants seen = 1 with changes + 3 unchanged adds up" in words
    assert "1 Changes = 1 applied adds up" in words
    links = re.findall(r'class="num" href="([^"]+)">([\d,]+)</a>', page.content.decode())
    for address, number in links:
        shown = cast.client("owner").get(address.replace("&amp;", "&")).content.decode()
        assert shown.count('<th scope="row">') == int(number), address


def test_seen_tenants_are_listed_searched_and_paged_and_say_why(cast: Cast, stage: Stage, run: Run) -> None:
    assert "Customer 0001" in (words := _words(cast, f"{HISTORY}{run.pk}/?tab=findings&what=unchanged"))
    assert "It was as it is known here." in words
    assert "Boreal" not in words
    found = cast.client("owner").get(f"{HISTORY}{run.pk}/?tab=findings&what=seen&q=boreal").content.decode()
    assert found.count('<th scope="row">') == 1
    many = stage.sync(customers(60))
    client, rows, address = cast.client("owner"), 0, f"{HISTORY}{many.pk}/?tab=findings&what=seen"
    for _ in range(3):
        page = client.get(address).content.decode()
        rows += page.count('<th scope="row">')
        if 'rel="next"' not in page:
            break
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert rows == 60


def test_tenants_that_the_feed_keeps_out_are_counted_and_not_named(cast: Cast, stage: Stage) -> None:
    with marketplace_scope(cast.northwind.pk):
        Feed.objects.update(countries=["AT"])
    run = stage.sync([Customer("Ours", "a.example", "AT"), Customer("Theirs", "b.example", "DE")])
    assert "1 outside this marketplace's feed" in _words(cast, f"{HISTORY}{run.pk}/")
    for what in ("seen", "skipped_out_of_scope", "waiting_for_details", "skipped", "nonsense"):
        assert "Theirs" not in _words(cast, f"{HISTORY}{run.pk}/?tab=findings&what={what}")
    assert "Ours" in _words(cast, f"{HISTORY}{run.pk}/?tab=findings&what=seen")


def test_changes_are_filtered_searched_and_exported_as_shown(cast: Cast, run: Run) -> None:
    client, address = cast.client("owner"), f"{HISTORY}{run.pk}/"
    assert "=Boreal" in _words(cast, f"{address}?tab=changes&q=boreal&kind=pending.update&state=applied")
    assert "No change fits these filters" in _words(cast, f"{address}?tab=changes&q=customer")
    lines = list(csv.reader(io.StringIO(b"".join(client.get(f"{address}changes.csv")).decode("utf-8-sig"))))
    assert lines[0][:5] == ["subject", "subject_id", "what", "kind", "state"]
    assert (lines[1][0], lines[1][2], lines[1][5:8]) == ("'=Boreal", "Updated", ["Name", "Alpine", "'=Boreal"])
    (told,) = json.loads(b"".join(client.get(f"{address}changes.json?state=applied")))
    assert (told["kind"], told["before"]["name"], told["after"]["name"]) == ("pending.update", "Alpine", "=Boreal")
    assert json.loads(b"".join(client.get(f"{address}changes.json?q=nothing"))) == []
    assert client.get(f"{address}changes.xml").status_code == 404
    assert cast.client("stranger").get(f"{address}changes.csv").status_code == 404
    (one, two) = json.loads(b"".join(client.get(f"{HISTORY}export.json?kind=sync")))
    assert (one["run"], one["seen"], one["changed"], two["connection"]) == (run.pk, 4, 1, "Partner Center EU")
    assert b"".join(client.get(f"{HISTORY}export.csv")).decode("utf-8-sig").count("\n") == 3
    assert client.get(f"{HISTORY}export.pdf").status_code == 404


def test_what_a_run_holds_has_its_tab_with_the_reason_and_the_way_to_release_it(cast: Cast, run: Run) -> None:
    assert "Nothing was held" in _words(cast, f"{HISTORY}{run.pk}/?tab=held")
    with marketplace_scope(cast.northwind.pk):
        hold = Hold.objects.create(
            marketplace=cast.northwind, run=run, brake="creations", reason="One run would create 40.", count=1,
            created_at=timezone.now(),
        )  # fmt: skip
        Change.objects.filter(run=run).update(state=ChangeState.HELD, hold=hold)
    page = cast.client("owner").get(f"{HISTORY}{run.pk}/?tab=held")
    assert "One run would create 40. Nothing of it was applied until somebody released it." in text_of(page)
    assert "=Boreal" in text_of(page)
    assert f'href="/sync/held/{hold.pk}/"' in page.content.decode()


def test_the_queue_is_counted_by_the_hour_and_drawn_day_by_day_with_a_table(cast: Cast, run: Run) -> None:
    now = timezone.now()
    with marketplace_scope(cast.northwind.pk):
        assert QueueSample.objects.count() == 1, "each run that ends counts"
        sample_queue(now=now - timedelta(days=3))
        sample_queue(now=now - timedelta(days=200))
        days = queue_per_day(now=now)
        assert [day.waiting for day in days[-4:]] == [4, None, None, 4]
        assert len(days) == 30
        assert forget_samples(before=now - timedelta(days=180)) == 1
    page = cast.client("owner").get(HISTORY)
    assert "The queue, day by day 4 waiting, 0 held, from 4 waiting on" in text_of(page)
    assert "As a table" in text_of(page)
    assert page.content.decode().count('<svg class="chart"') == 2
    assert "style=" not in page.content.decode()


def _told(change: Change) -> dict[str, tuple[str, str]]:
    return {each["label"]: (each["before"], each["after"]) for each in differences(change)}


def test_a_change_of_a_person_says_each_field_before_and_after() -> None:
    renamed = Change(
        person_id=1, before={"last_name": "Maier", "phone": ""}, after={"last_name": "Meyer", "phone": "+43 1 234"}
    )
    assert _told(renamed) == {"Last name": ("Maier", "Meyer"), "Phone number": ("", "+43 1 234")}
    new = Change(person_id=1, after={"first_name": "Eva", "last_name": "Meyer", "phone": "+43 1 234", "active": True})
    assert _told(new) == {"Phone number": ("", "+43 1 234"), "Place": ("", "active")}
    left = Change(person_id=1, before={"linked": True, "active": True}, after={"linked": False, "active": False})
    assert _told(left) == {"Place": ("active", "deactivated"), "Directory": ("linked", "not linked")}
    came = Change(person_id=1, after={"email": "eva@alpine.example", "first_name": "Eva", "role": "user"})
    assert _told(came)["E-mail address"] == ("", "eva@alpine.example")
    own = Change(person_id=1, before={"profile_phone": "1"}, after={"profile_phone": "2"})
    assert _told(own) == {"Phone number": ("1", "2")}


def test_what_takes_a_change_back_shows_it_the_other_way_round() -> None:
    renamed = Change(pk=7, before={"name": "Alpine"}, after={"name": "Alpine Ski House"})
    assert _told(Change(undoes=renamed)) == {"Name": ("Alpine Ski House", "Alpine")}
    assert _told(Change(undoes=Change(pk=8, after={"name": "Alpine"}))) == {}, "what came in was not otherwise before"

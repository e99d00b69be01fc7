"""Activity: who did what, with filters, in words, and to download."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.people import add_company, add_people
from tests.web.reading import text_of

from tenantry.accounts.services import edit_account
from tenantry.audit.events import Happening, Target
from tenantry.audit.models import PersonKey
from tenantry.audit.services import record_event
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import disable_company


def _play(cast: Cast) -> tuple[int, int]:
    """Make a company with a person, and disable it; return both ids."""
    company = add_company(cast.northwind, "Alpine Ltd", "alpine.example")
    [brought] = add_people(company, "ada@alpine.example", name="Ada Berg")
    with marketplace_scope(cast.northwind.pk):
        disable_company(company_id=company.pk, actor=cast.actor("owner"), now=timezone.now(), reason="They do not pay.")
    add_company(cast.contoso, "Stranger Ltd")
    return company.pk, brought.user_id


def _page(cast: Cast, query: str = "", who: str = "owner") -> str:
    return text_of(cast.client(who).get(f"/audit/{query}"))


def test_each_event_says_who_did_what_to_what_from_what_to_what_and_why(cast: Cast) -> None:
    _play(cast)
    page = _page(cast)
    assert "Company: disabled Alpine Ltd status:" in page
    assert "became disabled They do not pay. Max Owner" in page
    assert "e-mail: ada@alpine.example first name: Ada last name: Berg" in page
    assert "Stranger" not in page
    assert "Role given to staff" in page


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("?kind=marketplace.staff", "Role given to staff", "Alpine"),
        ("?kind=nonsense", "Nothing fits these filters", "Alpine"),
        ("?q=pay", "Company: disabled", "Role given"),
        ("?q=ada@alpine.example", "Person added to the company", "Company: disabled"),
        ("?by=operator", "Role given", "Company: disabled"),
        ("?since=2999-01-01", "Nothing fits these filters", "Alpine"),
        ("?until=2001-01-01", "Nothing fits these filters", "Alpine"),
        ("?since=yesterday&until=9999-12-31&by=&after=nonsense", "Company: disabled", "Nothing fits"),
        ("?by=99999999999999999999999", "Nothing fits these filters", "Alpine"),
    ],
)
def test_filters_narrow_and_what_makes_no_sense_is_left_out(cast: Cast, query: str, there: str, not_there: str) -> None:
    _play(cast)
    page = _page(cast, query)
    assert there in page
    assert not_there not in page.partition("When")[2] or there.startswith("Nothing")


def test_the_pages_of_a_company_and_a_person_lead_to_what_is_about_them(cast: Cast) -> None:
    company, user = _play(cast)
    client = cast.client("owner")
    assert f"/audit/?target=company:{company}" in client.get(f"/companies/{company}/").content.decode()
    assert f"/audit/?about=user:{user}" in client.get(f"/users/{user}/").content.decode()
    about = _page(cast, f"?target=company:{company}")
    assert "Only what is about Alpine Ltd" in about
    assert "Role given" not in about.partition("When")[2]
    assert "Only what is about Ada Berg" in _page(cast, f"?about=user:{user}")


def test_what_was_erased_says_so(cast: Cast) -> None:
    _play(cast)
    with marketplace_scope(cast.northwind.pk):
        PersonKey.objects.update(sealed_key=None, destroyed_at=timezone.now())
    page = _page(cast)
    assert "The person's data was erased." in page
    assert "Berg" not in page


def test_events_go_on_page_after_page_newest_first(cast: Cast) -> None:
    now = timezone.now()
    with marketplace_scope(cast.northwind.pk):
        for number in range(60):
            happening = Happening("sync.run.ended", Target("run", f"{number}", f"Run {number:02}"))
            record_event(
                happening, actor=OPERATOR, marketplace_id=cast.northwind.pk, now=now + timedelta(seconds=number)
            )
    first = cast.client("owner").get("/audit/?kind=sync.run")
    assert "Run 59" in text_of(first)
    assert "Run 09" not in text_of(first)
    after = first.context["pager"]["next_url"]
    assert "Run 09" in text_of(cast.client("owner").get(after))


def test_the_same_rows_can_be_downloaded_and_that_is_recorded(cast: Cast) -> None:
    company, _ = _play(cast)
    client = cast.client("owner")
    table = b"".join(client.get(f"/audit/export/?target=company:{company}")).decode()
    assert table.count("Alpine Ltd") >= 3
    assert "They do not pay." in table
    assert "Role given" not in table
    lines = b"".join(client.get(f"/audit/export/?target=company:{company}&as=jsonl"))
    events = [json.loads(line) for line in lines.decode().splitlines()]
    added = next(event for event in events if event["action"] == "marketplace.membership.added")
    assert (added["actor"]["name"], added["personal"]["first_name"]) == ("Max Owner", "Ada")
    assert "Activity exported" in _page(cast)


def test_operators_have_the_installations_own_record(cast: Cast) -> None:
    _play(cast)
    account = cast.accounts["owner"]
    edit_account(account_id=account.pk, name="Max M. Owner", language="", actor=OPERATOR, now=timezone.now())
    page = text_of(cast.client("operator").get("/operator/activity/?q=account"))
    assert "Account: edited" in page
    assert "became Max M. Owner" in page
    assert "Alpine" not in text_of(cast.client("operator").get("/operator/activity/"))
    table = b"".join(cast.client("operator").get("/operator/activity/export/")).decode()
    assert "Alpine" not in table

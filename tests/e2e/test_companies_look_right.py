"""Pages of companies, people, imports and holds, in both themes, on a phone and on a wide screen."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser
from tests.e2e.looking import LOOKS, Look, look_at
from tests.web.cast import Cast
from tests.web.people import add_companies, add_company, add_people, let_in
from tests.web.stage import Customer, Stage

from tenantry.core.company_settings import CompanySettings
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.imports.reading import read_import
from tenantry.marketplace.imports.services import start_import
from tenantry.sync.company_settings import save_company_settings
from tenantry.sync.models import Hold
from tenantry.sync.switches import read_company_sync

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_FILE = """external_id,name,country,domains,Colour
C1,Fabrikam,AT,fabrikam.example,red
C2,,AT,,
ALP,Alpine Ski House AG,,alpine-ag.example,
C3,"<b>Bold</b> & Sons, a very long name that goes on and on until it no longer fits into any column",FR,,
"""


def _companies(cast: Cast) -> dict[str, str]:
    """Put companies and people of all sorts on the stage; return their pages."""
    alpine, *_ = add_companies(
        cast.northwind,
        [
            CompanyDraft(
                "Alpine Ski House Gesellschaft m.b.H.", "AT", {"line1": "Ring 1", "city": "Wien"}, phone="+43 1 234",
                website="https://alpineskihouse.com", registration_number="FN 123456a", external_id="ALP",
                contact_name="Erika Muster", contact_email="erika@alpineskihouse.com",
                domains=(DomainDraft("alpineskihouse.com", verified=True), DomainDraft("xn--mnchen-3ya.example")),
                tenant_ids=("8b1b7e3c-0000-4000-8000-000000000001",),
            ),
            CompanyDraft("W" * 120, "US"),
            CompanyDraft("東京電子株式会社", "JP"),
        ],
    )  # fmt: skip
    [eva] = add_people(alpine, "eva@alpineskihouse.com", role="administrator", name="Eva Maier")
    add_people(alpine, f"{'x' * 60}@{'w' * 50}.example", name="X" * 80)
    return {
        "companies": reverse("web:company-list"),
        "companies-nothing": reverse("web:company-list") + "?q=zzz",
        "company": reverse("web:company-detail", args=[alpine.pk]),
        "company-edit": reverse("web:company-edit", args=[alpine.pk]),
        "company-new": reverse("web:company-new"),
        "company-add-person": reverse("web:company-add-person", args=[alpine.pk]),
        "users": reverse("web:user-list"),
        "user": reverse("web:user-detail", args=[eva.user_id]),
        "user-edit": reverse("web:user-edit", args=[eva.user_id]),
    }


def _import(cast: Cast) -> dict[str, str]:
    """Have a file previewed; return the pages of imports."""
    with marketplace_scope(cast.northwind.pk):
        job = start_import(
            file_name="companies.csv", content=_FILE.encode(), actor=cast.actor("owner"), now=timezone.now()
        )
    read_import(job.pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    place = reverse("web:import-detail", args=[job.pk])
    return {"imports": reverse("web:import-list"), "import": place, "import-bad": f"{place}?tab=bad"}


def _hold(cast: Cast, stage: Stage) -> dict[str, str]:
    """Have newcomers held; return the pages of the hold."""
    wanted = CompanySettings(company_sync=True, create_automatically=True, invite_admins=True)
    with marketplace_scope(cast.northwind.pk):
        save_company_settings(
            wanted=wanted, seen_version=read_company_sync().version, actor=cast.actor("owner"),
            now=timezone.now() - timedelta(minutes=5),
        )  # fmt: skip
    names = ["Newcomer", "Müller & Söhne", "W" * 120, "東京電子株式会社"]
    stage.sync([Customer(name, f"n{at}.example", email=f"a@n{at}.example") for at, name in enumerate(names)])
    with marketplace_scope(cast.northwind.pk):
        hold = Hold.objects.get()
    return {"holds": reverse("web:hold-list"), "hold": reverse("web:hold-detail", args=[hold.pk]), "home-held": "/"}


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_pages_of_companies_fit_are_accessible_and_silent(
    look: Look, browser: Browser, web_server: str, cast: Cast, stage: Stage
) -> None:
    owner = _hold(cast, stage) | _companies(cast) | _import(cast)
    own = add_company(cast.northwind, "Own Company", "own.example")
    let_in(cast, own, "ada@people.example")
    visits = {
        "owner": owner,
        "colleague": {"company-read": owner["company"]},
        "ada": {"own-company": reverse("web:own-company", args=[own.pk])},
    }
    assert look_at(browser, web_server, visits, look) == []

"""Connect tenant and company fields, as a manager sees them."""

import pytest
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.reading import text_of
from tests.web.stage import ACTOR, Stage, customers
from tests.web.test_query_counts import queries

from tenantry.core.drafts import CompanyDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company
from tenantry.marketplace.models import Company, CompanyOrigin
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.models import ConnectRequest


@pytest.fixture
def company(cast: Cast, stage: Stage) -> int:
    stage.sync(customers(2))
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(link_company=True, actor=OPERATOR, now=timezone.now())
        draft = CompanyDraft(name="Waiting Ltd")
        return create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=ACTOR, now=timezone.now()).pk


def test_a_company_waits_for_a_tenant_and_may_stop_waiting(cast: Cast, company: int) -> None:
    owner = cast.client("owner")
    page = text_of(owner.post(f"/companies/{company}/connect/", {"tenant": "Contoso.com"}, follow=True))
    assert "It waits. When the tenant shows up" in page
    assert "contoso.com asked by Max Owner" in page
    listed = text_of(owner.get("/companies/connect/"))
    assert "Waiting Ltd waits for contoso.com" in listed
    assert "Pending 1" in listed
    with marketplace_scope(cast.northwind.pk):
        pk = ConnectRequest.objects.get().pk
    assert "Cancelled." in text_of(owner.post(f"/companies/connect/{pk}/cancel/", follow=True))
    assert "contoso.com" in text_of(owner.get("/companies/connect/?state=cancelled"))
    assert cast.client("stranger").post(f"/companies/connect/{pk}/cancel/").status_code == 404


def test_a_tenant_that_is_here_is_linked_at_once(cast: Cast, stage: Stage, company: int) -> None:
    owner = cast.client("owner")
    page = text_of(owner.post(f"/companies/{company}/connect/", {"tenant": "customer1.example"}, follow=True))
    assert "The tenant is here already: it is linked now." in page
    assert "complete" in page
    assert stage.pending(name="Customer 0001").state == "linked"


def test_what_can_t_be_connected_is_said_in_place(cast: Cast, company: int) -> None:
    owner = cast.client("owner")
    wrong = owner.post(f"/companies/{company}/connect/", {"tenant": "<b>"})
    assert wrong.status_code == 422
    assert "neither a domain nor a tenant ID" in text_of(wrong)
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(link_company=False, actor=OPERATOR, now=timezone.now())
    page = owner.get(f"/companies/{company}/connect/")
    assert "Ask your operator to enable Link Company" in text_of(page)
    refused = owner.post(f"/companies/{company}/connect/", {"tenant": "contoso.com"})
    assert "Linking is not enabled" in text_of(refused)
    assert owner.get("/companies/999999/connect/").status_code == 404


def test_the_list_of_requests_asks_the_same_whatever_there_is(cast: Cast, company: int) -> None:
    owner = cast.client("owner")
    few = queries(owner, "/companies/connect/")
    with marketplace_scope(cast.northwind.pk):
        for number in range(80):
            ConnectRequest.objects.create(
                marketplace=cast.northwind, company_id=company, domain=f"d{number}.example", requested_by_name="Max",
                created_at=timezone.now(),
            )  # fmt: skip
    assert queries(owner, "/companies/connect/") == few
    assert "Next" in text_of(owner.get("/companies/connect/"))
    assert queries(owner, f"/companies/{company}/connect/") < 40


def test_the_rules_of_fields_show_their_effect_before_they_are_saved(cast: Cast, company: int) -> None:
    owner, page = cast.client("owner"), "/settings/company-fields/"
    owner.post(f"/companies/{company}/connect/", {"tenant": "customer1.example"})
    shown = owner.get(page)
    assert {shown.context["form"].initial[name] for name in shown.context["form"].fields} == {"fill_blanks"}
    chosen = dict.fromkeys(shown.context["form"].fields, "provider")
    judged = text_of(owner.post(page, {**chosen, "do": "judge"}))
    assert "The next sync changes 1 linked company: Name: 1" in judged
    assert owner.get(page).context["form"].initial["name"] == "fill_blanks"
    assert "Saved. The next sync goes by it." in text_of(owner.post(page, {**chosen, "do": "save"}, follow=True))
    assert owner.get(page).context["form"].initial["name"] == "provider"
    assert owner.post(page, {"name": "theirs"}).status_code == 400
    other = cast.client("stranger").get(page)
    assert other.context["form"].initial["name"] == "fill_blanks"


def test_the_rules_of_people_s_fields_are_kept_by_each_marketplace(cast: Cast) -> None:
    owner, page = cast.client("owner"), "/settings/person-fields/"
    shown = owner.get(page)
    assert {shown.context["form"].initial[name] for name in shown.context["form"].fields} == {"provider"}
    chosen = {**dict.fromkeys(shown.context["form"].fields, "fill_blanks"), "email": "ours"}
    assert "Saved. The next run of User Sync goes by it." in text_of(owner.post(page, chosen, follow=True))
    assert owner.get(page).context["form"].initial == chosen
    assert "Nothing changed." in text_of(owner.post(page, chosen, follow=True))
    assert owner.post(page, {**chosen, "email": "theirs"}).status_code == 400
    assert owner.get("/settings/company-fields/").context["form"].initial["contact_email"] == "fill_blanks"
    assert cast.client("stranger").get(page).context["form"].initial["email"] == "provider"


def test_home_tells_of_companies_whose_relationship_ended(cast: Cast, company: int) -> None:
    owner = cast.client("owner")
    assert "relationship" not in text_of(owner.get("/"))
    with marketplace_scope(cast.northwind.pk):
        Company.objects.filter(pk=company).update(relationship_ended_at=timezone.now())
    page = text_of(owner.get("/"))
    assert (
        "A reseller relationship has ended Waiting Ltd: the Partner Center does not show the tenant any more." in page
    )
    assert "Nobody was deactivated" in page
    assert "ended" not in text_of(cast.client("stranger").get("/"))

"""Writing companies: created, edited, filled, disabled, removed; many at once as well."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.marketplace.conftest import MANAGER, SYNC, Store, actions, keys_of, last_event

from tenantry.audit.models import Event
from tenantry.isolation.scope import OutsideScope
from tenantry.marketplace.companies.services import (
    CompanyDraft,
    CompanyEdit,
    CompanyInUse,
    CompanyRefused,
    DomainDraft,
    StaleCompany,
    add_domain,
    change_companies,
    companies_changed,
    create_companies,
    create_company,
    disable_company,
    drafts_of,
    edit_company,
    enable_company,
    fill_blanks,
    remove_company,
    remove_domain,
    settle_status,
    take_back_filled,
)
from tenantry.marketplace.models import (
    Company,
    CompanyDomain,
    CompanyKey,
    CompanyOrigin,
    CompanyStatus,
    Invitation,
    Membership,
    User,
)

TENANT = "0f0e0d0c-1111-4222-8333-444455556666"


def _edit(store: Store, company: Company, version: int = 0, **changes: Any) -> dict[str, Any]:
    return edit_company(company_id=company.pk, seen_version=version, changes=changes, actor=MANAGER, now=store.now)


def test_a_company_is_created_whole_and_told_of(store: Store) -> None:
    heard: list[int] = []

    def hear(company_ids: list[int], **_: Any) -> None:
        assert connection.in_atomic_block
        heard.extend(company_ids)

    companies_changed.connect(hear)
    try:
        company = store.company(
            "Müller & Söhne GmbH", country="de", external_id="K-17", contact_name="Eva Maier",
            contact_email="Eva@Mueller.de", registration_number="HRB 1234",
            domains=(DomainDraft("Müller.de", verified=True),), tenant_ids=(TENANT,),
        )  # fmt: skip
    finally:
        companies_changed.disconnect(hear)
    assert heard == [company.pk]
    assert (company.sort_name, company.country, company.status) == ("muller & sohne gmbh", "DE", "without_login")
    assert [(row.domain, row.verified) for row in company.domains.all()] == [("xn--mller-kva.de", True)]
    assert [row.external_id for row in company.tenant_ids.all()] == [TENANT]
    assert {"muller", "sohne", "muller.de", "xn--mller-kva.de", "k-17", "1234", "maier", TENANT} <= keys_of(company)
    event, personal = last_event()
    assert event.action == "marketplace.company.created"
    assert "Maier" not in str(event.after)
    assert personal == {"after": {"contact_name": "Eva Maier", "contact_email": "eva@mueller.de"}}


def test_a_refused_draft_writes_nothing(store: Store) -> None:
    with pytest.raises(CompanyRefused) as refused:
        create_companies(
            drafts=[CompanyDraft("Good"), CompanyDraft("", country="Nowhere")],
            origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now,
        )  # fmt: skip
    assert set(refused.value.errors) == {"name", "country"}
    assert not Company.objects.exists()
    assert actions() == []


def test_an_external_id_is_given_once_in_a_marketplace(store: Store) -> None:
    first = store.company(external_id="F-1")  # the other marketplace has one too
    with pytest.raises(CompanyRefused, match="external id"):
        store.company("Another", external_id="F-1")
    second = store.company("Another", external_id="F-2")
    with pytest.raises(CompanyRefused, match="external id"):
        _edit(store, second, external_id="F-1")
    assert _edit(store, first, external_id="F-1") == {}
    assert Company.objects.count() == 2


def test_many_companies_cost_as_many_statements_as_two(store: Store) -> None:
    def cost(count: int, mark: str) -> int:
        drafts = [CompanyDraft(f"{mark} {n}", domains=(DomainDraft(f"{mark}{n}.com"),)) for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            ids = create_companies(drafts=drafts, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now)
        assert [Company.objects.get(pk=pk).name for pk in (ids[0], ids[-1])] == [drafts[0].name, drafts[-1].name]
        return len(queries)

    cost(1, "warm")
    assert cost(2, "two") == cost(200, "many")
    edits = [CompanyEdit(pk, {"phone": "1"}) for pk in Company.objects.values_list("pk", flat=True)]

    def change(some: list[CompanyEdit]) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            changed = change_companies(edits=some, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now)
        return len(changed), len(queries)

    change(edits[:1])
    assert (change(edits[1:3])[0], change(edits[3:])[0]) == (2, 200)
    some = [CompanyEdit(edit.company_id, {"phone": "2"}) for edit in edits]
    assert change(some[:2])[1] == change(some[2:])[1]
    assert change(some)[0] == 0


def test_an_edit_changes_what_differs_and_counts_the_version(store: Store) -> None:
    company = store.company(phone="1", contact_name="Eva")
    later = store.now + timedelta(hours=1)
    changes = {"name": "Fabrikam  AG", "phone": "1", "contact_name": "Ida"}
    news = edit_company(company_id=company.pk, seen_version=0, changes=changes, actor=MANAGER, now=later)
    assert news == {"name": "Fabrikam AG", "contact_name": "Ida"}
    company.refresh_from_db()
    assert (company.name, company.version, company.changed_at) == ("Fabrikam AG", 1, later)
    assert "ag" in keys_of(company)
    assert "gmbh" not in keys_of(company)
    event, personal = last_event()
    assert (event.before, event.after) == ({"name": "Fabrikam GmbH"}, {"name": "Fabrikam AG"})
    assert personal == {"before": {"contact_name": "Eva"}, "after": {"contact_name": "Ida"}}


def test_a_stale_form_is_told_who_was_quicker(store: Store) -> None:
    company = store.company()
    _edit(store, company, phone="1")
    with pytest.raises(StaleCompany, match="Max Manager changed this company"):
        _edit(store, company, phone="2")
    company.refresh_from_db()
    assert company.phone == "1"


def test_what_nobody_changes_is_not_judged_again(store: Store) -> None:
    company = store.company()
    Company.objects.filter(pk=company.pk).update(website="written by an older version")
    assert _edit(store, company, phone="1") == {"phone": "1"}
    with pytest.raises(CompanyRefused, match="web site"):
        _edit(store, company, version=1, website="still nothing")


def test_a_company_of_another_marketplace_is_not_there(store: Store) -> None:
    other = store.company().pk + 1000
    with pytest.raises(Company.DoesNotExist):
        edit_company(company_id=other, seen_version=0, changes={"phone": "1"}, actor=MANAGER, now=store.now)
    with pytest.raises(Company.DoesNotExist):
        disable_company(company_id=other, reason="", actor=MANAGER, now=store.now)


def test_domains_come_and_go_and_verification_only_grows(store: Store) -> None:
    company = store.company(domains=(DomainDraft("fabrikam.com"),))
    assert add_domain(company_id=company.pk, domain="Fabrikam.COM", actor=MANAGER, now=store.now) is False
    assert add_domain(company_id=company.pk, domain="fabrikam.com", verified=True, actor=MANAGER, now=store.now)
    assert add_domain(company_id=company.pk, domain="fabrikam.de", actor=MANAGER, now=store.now)
    assert {(row.domain, row.verified) for row in company.domains.all()} == {
        ("fabrikam.com", True),
        ("fabrikam.de", False),
    }
    gone = company.domains.get(domain="fabrikam.de")
    assert remove_domain(company_id=company.pk, domain_id=gone.pk, actor=MANAGER, now=store.now) is True
    assert remove_domain(company_id=company.pk, domain_id=gone.pk, actor=MANAGER, now=store.now) is False
    assert "fabrikam.de" not in keys_of(company)
    with pytest.raises(CompanyRefused, match="not a domain"):
        add_domain(company_id=company.pk, domain="fabrikam", actor=MANAGER, now=store.now)


def test_only_blanks_are_filled_and_exactly_these_are_taken_back(store: Store) -> None:
    company = store.company(phone="1", domains=(DomainDraft("fabrikam.com"),))
    said = CompanyDraft(
        "Fabrikam Holding", country="DE", phone="2", website="not a site", address={"city": "Berlin"},
        contact_name="Eva", contact_email="eva@fabrikam.de",
        domains=(DomainDraft("fabrikam.com", verified=True), DomainDraft("fabrikam.de")), tenant_ids=(TENANT,),
    )  # fmt: skip
    before = drafts_of([company])[company.pk]
    filled = fill_blanks(company_id=company.pk, draft=said, actor=SYNC, now=store.now)
    assert filled == {
        "country": "DE", "address": {"city": "Berlin"}, "contact_name": "Eva", "contact_email": "eva@fabrikam.de",
        "domains": ["fabrikam.com", "fabrikam.de"], "tenant_ids": [TENANT],
    }  # fmt: skip
    company.refresh_from_db()
    assert (company.name, company.phone, company.website, company.version) == ("Fabrikam GmbH", "1", "", 0)
    assert fill_blanks(company_id=company.pk, draft=said, actor=SYNC, now=store.now) == {}
    _edit(store, company, contact_name="Ida")
    taken = take_back_filled(company_id=company.pk, filled=filled, actor=MANAGER, now=store.now)
    assert set(taken) == {"country", "address", "contact_email", "domains", "tenant_ids"}
    company.refresh_from_db()
    after = drafts_of([company])[company.pk]
    assert (after.country, after.address, after.contact_name, after.contact_email) == ("", None, "Ida", "")
    assert {domain.domain for domain in after.domains} == {domain.domain for domain in before.domains}
    assert take_back_filled(company_id=company.pk, filled=filled, actor=MANAGER, now=store.now) == {}


def test_a_contact_is_filled_as_a_whole_or_not_at_all(store: Store) -> None:
    company = store.company(contact_name="Ida")
    draft = CompanyDraft("Fabrikam", contact_name="Eva", contact_email="eva@fabrikam.de", contact_phone="3")
    assert fill_blanks(company_id=company.pk, draft=draft, actor=SYNC, now=store.now) == {}


def _invite(store: Store, membership_id: int, state: str = "sent") -> Invitation:
    mark = f"{Invitation.objects.count():032x}"
    return Invitation.objects.create(
        marketplace_id=store.pk, membership_id=membership_id, email="a@b.com", language="en", state=state, nonce=mark,
        token_hash=mark, message_id=mark, created_at=store.now, expires_at=store.now,
    )  # fmt: skip


def test_the_status_follows_invitations_and_acceptances_unless_a_manager_disabled_it(store: Store) -> None:
    company = store.company()
    membership = store.bring(company, "eva@fabrikam.com").membership_id

    def settled() -> str:
        settle_status(company_id=company.pk, now=store.now)
        return Company.objects.get(pk=company.pk).status

    assert settled() == CompanyStatus.WITHOUT_LOGIN
    invitation = _invite(store, membership)
    assert settled() == CompanyStatus.PENDING
    Invitation.objects.filter(pk=invitation.pk).update(state="revoked")
    assert settled() == CompanyStatus.WITHOUT_LOGIN
    _invite(store, membership, "expired")
    assert settled() == CompanyStatus.PENDING
    assert disable_company(company_id=company.pk, reason="Not paid", actor=MANAGER, now=store.now)
    assert not disable_company(company_id=company.pk, reason="", actor=MANAGER, now=store.now)
    Membership.objects.filter(pk=membership).update(accepted_at=store.now)
    assert settled() == CompanyStatus.DISABLED
    assert enable_company(company_id=company.pk, actor=MANAGER, now=store.now)
    assert not enable_company(company_id=company.pk, actor=MANAGER, now=store.now)
    assert Company.objects.get(pk=company.pk).status == CompanyStatus.ENABLED
    told = [action.rpartition(".")[2] for action in actions() if "membership" not in action]
    assert told == ["created", "status_changed", "status_changed", "status_changed", "disabled", "enabled"]


def test_a_company_with_only_what_the_sync_made_can_be_uncreated(store: Store) -> None:
    company = store.company(origin="sync", domains=(DomainDraft("fabrikam.com", verified=True),), tenant_ids=(TENANT,))
    other = store.company("Other")
    store.bring(company, "eva@fabrikam.com", role="administrator")
    shared = store.bring(other, "accountant@books.com").user_id
    store.bring(company, "accountant@books.com")
    remove_company(company_id=company.pk, reason="Undone", actor=MANAGER, now=store.now)
    assert list(Company.objects.all()) == [other]
    assert list(User.objects.values_list("pk", flat=True)) == [shared]
    assert not CompanyKey.objects.filter(company_id=company.pk).exists()
    assert not CompanyDomain.objects.exists()
    assert Event.objects.filter(action="marketplace.company.removed", target_id=str(company.pk)).exists()
    store.company(origin="sync", domains=(DomainDraft("fabrikam.com"),))  # and can come again


def test_a_company_that_people_made_something_of_stays_and_says_why(store: Store) -> None:
    company = store.company(origin="sync")
    store.bring(company, "eva@fabrikam.com", role="administrator")
    store.bring(company, "ida@fabrikam.com", origin="by_hand")
    Membership.objects.filter(user__email="eva@fabrikam.com").update(accepted_at=store.now)
    _edit(store, company, phone="1")
    add_domain(company_id=company.pk, domain="fabrikam.com", actor=MANAGER, now=store.now)
    with pytest.raises(CompanyInUse) as refused:
        remove_company(company_id=company.pk, reason="", actor=MANAGER, now=store.now)
    assert refused.value.reasons == (
        "somebody edited it",
        "a person of it has accepted an invitation",
        "people were added to it",
        "domains were added to it",
    )
    with pytest.raises(CompanyInUse, match="created by hand"):
        remove_company(company_id=store.company("By hand").pk, reason="", actor=MANAGER, now=store.now)
    assert Company.objects.count() == 2


def test_no_company_is_written_outside_a_marketplace(database: str, now: Any) -> None:
    with pytest.raises(OutsideScope):
        create_company(draft=CompanyDraft("X"), origin=CompanyOrigin.BY_HAND, actor=MANAGER, now=now)

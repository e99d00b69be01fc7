"""Imports: a file becomes a plan, the plan is shown, a person has it applied; again, nothing changes."""

from collections.abc import Callable
from datetime import datetime

import pytest
from tests.marketplace.conftest import MANAGER, Store

from tenantry.audit.models import Event
from tenantry.core.imports.planning import LineKind
from tenantry.marketplace.imports.applying import apply_import_lines
from tenantry.marketplace.imports.queries import bad_lines_of
from tenantry.marketplace.imports.reading import read_import
from tenantry.marketplace.imports.services import ImportRefused, apply_import, cancel_import, start_import
from tenantry.marketplace.models import (
    Company,
    CompanyDomain,
    CompanyTenantId,
    Import,
    ImportLine,
    ImportState,
    LineState,
    Membership,
    MembershipState,
    User,
)

HEADING = "external_id,name,country,domains,tenant_ids,city\n"
TENANT_ID = "8b1b7e3c-0000-4000-8000-000000000001"


def never() -> bool:
    return False


def preview(store: Store, text: str | bytes, *, name: str = "companies.csv") -> Import:
    content = text.encode() if isinstance(text, str) else text
    job = start_import(file_name=name, content=content, actor=MANAGER, now=store.now)
    assert read_import(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=never)
    job.refresh_from_db()
    return job


def applied(store: Store, text: str) -> Import:
    job = preview(store, text)
    if job.state == ImportState.PLANNED:
        apply_import(import_id=job.pk, actor=MANAGER, now=store.now)
        assert apply_import_lines(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=never)
        job.refresh_from_db()
    return job


def counted(job: Import) -> dict[str, int]:
    return {str(kind): job.counters[kind] for kind in LineKind}


def test_a_preview_writes_no_company_and_applying_writes_exactly_what_it_showed(store: Store) -> None:
    text = HEADING + f"C1,Fabrikam,AT,fabrikam.example fabrikam.at,{TENANT_ID},Wien\nC2,,AT,,,\nC3,Litware,,,,\n"
    job = preview(store, text)
    assert (job.state, counted(job)) == (ImportState.PLANNED, {"create": 2, "update": 0, "same": 0, "bad": 1})
    assert not Company.objects.exists()
    assert list(bad_lines_of(job)) == [(3, "C2", "A company needs a name.")]
    applied(store, text)
    fabrikam = Company.objects.get(external_id="C1")
    assert (fabrikam.name, fabrikam.country, fabrikam.address, fabrikam.origin) == (
        "Fabrikam", "AT", {"city": "Wien"}, "import",
    )  # fmt: skip
    assert set(CompanyDomain.objects.values_list("domain", flat=True)) == {"fabrikam.example", "fabrikam.at"}
    assert CompanyTenantId.objects.get().external_id == TENANT_ID
    assert Company.objects.count() == 2


def test_the_same_file_again_changes_nothing_and_a_changed_one_changes_only_that(store: Store) -> None:
    text = HEADING + "C1,Fabrikam,AT,a.example,,Wien\nC2,Litware,DE,,,\n"
    applied(store, text)
    events = Event.objects.filter(action__startswith="marketplace.company").count()
    again = preview(store, text)
    assert (again.state, counted(again)) == (ImportState.DONE, {"create": 0, "update": 0, "same": 2, "bad": 0})
    changed = applied(store, HEADING + "C1,Fabrikam AG,,b.example,,\nC2,Litware,DE,,,\n")
    assert counted(changed) == {"create": 0, "update": 1, "same": 1, "bad": 0}
    company = Company.objects.get(external_id="C1")
    assert (company.name, company.country, company.address) == ("Fabrikam AG", "AT", {"city": "Wien"})
    assert company.domains.count() == 2
    assert Event.objects.filter(action__startswith="marketplace.company").count() == events + 1


def test_two_lines_about_one_company_count_once_and_the_second_is_named(store: Store) -> None:
    job = preview(store, HEADING + "C1,Fabrikam,,,,\nC2,Litware,,,,\nC1,Fabrikam AG,,,,\n")
    assert [line[0] for line in bad_lines_of(job)] == [4]
    assert "Line 2" in ImportLine.objects.get(number=4).reason


def test_a_line_whose_company_changed_after_the_preview_is_left_out(store: Store) -> None:
    store.company("Fabrikam", external_id="C1", country="AT")
    job = preview(store, HEADING + "C1,Fabrikam AG,DE,,,\nC2,Litware,,,,\n")
    Company.objects.filter(external_id="C1").update(country="CH")
    store.company("Litware elsewhere", external_id="C2")
    apply_import(import_id=job.pk, actor=MANAGER, now=store.now)
    apply_import_lines(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=never)
    assert set(ImportLine.objects.values_list("state", flat=True)) == {LineState.STALE}
    assert Company.objects.get(external_id="C1").name == "Fabrikam"
    job.refresh_from_db()
    assert (job.state, job.counters["stale"]) == (ImportState.DONE, 2)


def test_people_come_into_their_companies_and_nobody_is_taken_over(store: Store) -> None:
    first, second = store.company("Fabrikam", external_id="C1"), store.company("Litware", external_id="C2")
    store.bring(second, "lena@litware.example", "Lena Lit")
    text = (
        "company_external_id,email,first_name,last_name,role\n"
        "C1,Erika@fabrikam.example,Erika,Muster,administrator\n"
        "C1,lena@litware.example,Mallory,Muster,administrator\n"
        "C9,x@y.example,X,Y,user\n"
    )
    job = applied(store, text)
    assert counted(job) == {"create": 2, "update": 0, "same": 0, "bad": 1}
    erika = Membership.objects.get(user__email="erika@fabrikam.example")
    assert (erika.company_id, erika.role, erika.state) == (first.pk, "administrator", MembershipState.ACTIVE)
    lena = User.objects.get(email="lena@litware.example")
    assert (lena.first_name, lena.last_name) == ("Lena", "Lit")
    assert Membership.objects.get(user=lena, company=first).state == MembershipState.AWAITING
    first.refresh_from_db()
    assert first.has_had_administrator
    assert counted(preview(store, text)) == {"create": 0, "update": 0, "same": 2, "bad": 1}
    left = applied(store, text.splitlines()[0] + "\nC1,erika@fabrikam.example,Erika,Maier,\n")
    assert counted(left)["update"] == 1
    erika.refresh_from_db()
    assert (erika.profile_last_name, erika.role) == ("Maier", "administrator")


def test_a_line_that_would_take_the_last_administrator_fails_alone(store: Store) -> None:
    company = store.company("Fabrikam", external_id="C1")
    store.bring(company, "erika@fabrikam.example", "Erika Muster", role="administrator")
    store.bring(company, "otto@fabrikam.example", "Otto Muster")
    job = applied(
        store,
        "company_external_id,email,last_name,role\nC1,erika@fabrikam.example,,user\nC1,otto@fabrikam.example,Maier,\n",
    )
    assert (job.counters["failed"], job.counters["applied"]) == (1, 1)
    assert Membership.objects.get(user__email="erika@fabrikam.example").role == "administrator"
    assert Membership.objects.get(user__email="otto@fabrikam.example").profile_last_name == "Maier"


def test_a_reading_or_an_applying_that_is_cut_off_goes_on_without_doubling(store: Store) -> None:
    text = HEADING + "".join(f"C{number},Company {number},,,,\n" for number in range(2_500))
    job = start_import(file_name="many.csv", content=text.encode(), actor=MANAGER, now=store.now)
    assert not read_import(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=cut_after(1))
    assert read_import(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=never)
    assert ImportLine.objects.count() == 2_500
    apply_import(import_id=job.pk, actor=MANAGER, now=store.now)
    assert not apply_import_lines(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=cut_after(1))
    assert Company.objects.count() == 1_000
    assert apply_import_lines(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=never)
    assert Company.objects.count() == 2_500


def cut_after(times: int) -> Callable[[], bool]:
    left = [times]

    def stop() -> bool:
        left[0] -= 1
        return left[0] < 0

    return stop


def test_a_cancelled_import_applies_nothing_more(store: Store) -> None:
    job = preview(store, HEADING + "C1,Fabrikam,,,,\n")
    apply_import(import_id=job.pk, actor=MANAGER, now=store.now)
    cancel_import(import_id=job.pk, actor=MANAGER, now=store.now)
    assert apply_import_lines(job.pk, marketplace_id=store.pk, clock=lambda: store.now, should_stop=never)
    assert not Company.objects.exists()
    with pytest.raises(ImportRefused, match="cancelled"):
        apply_import(import_id=job.pk, actor=MANAGER, now=store.now)
    with pytest.raises(ImportRefused, match="nothing to cancel"):
        cancel_import(import_id=job.pk, actor=MANAGER, now=store.now)


def test_the_same_file_is_not_taken_in_twice_while_it_waits(store: Store, now: datetime) -> None:
    content = (HEADING + "C1,Fabrikam,,,,\n").encode()
    first, second = (start_import(file_name="a.csv", content=content, actor=MANAGER, now=now) for _ in range(2))
    assert first.pk == second.pk
    with pytest.raises(ImportRefused, match="external_id"):
        start_import(file_name="b.csv", content=b"name\nFabrikam\n", actor=MANAGER, now=now)

"""Reading import files and planning their lines."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.drafts import CompanyDraft, DomainDraft, PersonDraft
from tenantry.core.imports.planning import (
    LineKind,
    PersonInCompany,
    PlannedLine,
    company_from_json,
    plan_company_line,
    plan_person_line,
)
from tenantry.core.imports.reading import FileKind, FileUnreadable, Record, first_line_of, read_layout, read_records

TENANT_ID = "8b1b7e3c-0000-4000-8000-000000000001"


def records(text: str | bytes) -> list[Record]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_records(data, read_layout(first_line_of(data))))


def line(**values: str) -> Record:
    return Record(2, values)


def planned(existing: CompanyDraft | None = None, **values: str) -> PlannedLine:
    return plan_company_line(line(**{"external_id": "C1", "name": "Fabrikam", **values}), existing)


def test_a_file_may_come_from_a_spreadsheet_with_its_mark_semicolons_and_windows_lines() -> None:
    [record] = records(b"\xef\xbb\xbfExternal ID;Name;Country\r\nC1;M\xc3\xbcller & S\xc3\xb6hne;DE\r\n")
    assert record == Record(2, {"external_id": "C1", "name": "Müller & Söhne", "country": "DE"})


def test_a_value_in_quotes_may_go_over_lines_and_later_lines_keep_their_numbers() -> None:
    first, second = records('external_id,name\nC1,"One, and\ntwo"\n\nC2,Three\n')
    assert (first.line, first.values["name"]) == (2, "One, and\ntwo")
    assert (second.line, second.values["name"]) == (5, "Three")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ('C1,"never closed', "quotes"),
        ("C1,ok,and,three,more", "5 values"),
        (b"C1,\xff\xfe", "UTF-8"),
        ("C1,nul\x00l", "zero character"),
        ("C1," + "x" * 20_001, "longer"),
    ],
)
def test_a_broken_line_is_reported_by_its_number_and_costs_no_other(broken: str | bytes, says: str) -> None:
    middle = broken.encode() if isinstance(broken, str) else broken
    before, bad, after = records(b"external_id,name\nC0,Before\n" + middle + b"\nC2,After\n")
    assert (before.values["name"], after.values["name"]) == ("Before", "After")
    assert (bad.line, bad.values) == (3, {})
    assert says in bad.problem


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("", "empty"),
        ("name,country", "external_id"),
        ("external_id,name,name", "more than once"),
        ("company_external_id,first_name", "email"),
        ("\xff\xfe".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_file_without_a_usable_heading_is_refused_in_words(heading: str | bytes, says: str) -> None:
    with pytest.raises(FileUnreadable, match=says):
        records(heading)


def test_columns_that_are_not_ours_are_left_out_and_named() -> None:
    layout = read_layout("external_id,name,Shoe size")
    assert (layout.kind, layout.unknown) == (FileKind.COMPANIES, ("shoe_size",))


def test_an_apostrophe_that_an_export_put_before_a_formula_goes() -> None:
    [record] = records("external_id,name\nC1,'=Sum Consulting\n")
    assert record.values["name"] == "=Sum Consulting"


@given(st.binary(max_size=400))
def test_no_file_makes_the_reader_fail(data: bytes) -> None:
    body = b"external_id,name\n" + data
    for record in read_records(body, read_layout("external_id,name")):
        assert record.problem or set(record.values) <= {"external_id", "name"}
        plan_company_line(record, None)


def test_a_new_company_is_created_with_everything_that_the_line_says() -> None:
    plan = planned(
        country="at", domains="Fabrikam.example, fabrikam.at", tenant_ids=TENANT_ID, city="Wien",
        address_line1="Ring 1", contact_email="Erika@fabrikam.example",
    )  # fmt: skip
    assert plan.kind is LineKind.CREATE
    draft = company_from_json(plan.after or {})
    assert draft == CompanyDraft(
        "Fabrikam", "AT", {"line1": "Ring 1", "city": "Wien"}, contact_email="erika@fabrikam.example", external_id="C1",
        domains=(DomainDraft("fabrikam.example"), DomainDraft("fabrikam.at")), tenant_ids=(TENANT_ID,),
    )  # fmt: skip


def test_a_blank_never_erases_and_domains_are_only_added() -> None:
    existing = CompanyDraft("Fabrikam", "AT", phone="+43 1", external_id="C1", domains=(DomainDraft("a.example"),))
    plan = planned(existing, country="", phone="", domains="b.example")
    assert (plan.kind, plan.before, plan.after) == (LineKind.UPDATE, {}, {"domains": ["b.example"]})


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"external_id": ""}, "external_id"),
        ({"name": ""}, "needs a name"),
        ({"country": "Austria"}, "country code"),
        ({"contact_email": "nobody"}, "e-mail"),
        ({"domains": "ok.example no_domain"}, "not a domain"),
        ({"tenant_ids": "12345"}, "tenant id"),
        ({"name": "x" * 301}, "longer than 300"),
        ({"name": "invoice\u202egpj.exe"}, "invisible"),
    ],
)
def test_a_value_that_cannot_be_makes_the_line_bad_in_words(values: dict[str, str], says: str) -> None:
    plan = planned(None, **values)
    assert plan.kind is LineKind.BAD
    assert says in plan.reason


texts = st.text(alphabet="abcÄ -.&'", max_size=12)


@given(
    names=st.tuples(texts, texts), country=st.sampled_from(["", "AT", "de"]), domain=st.sampled_from(["", "a.at b.at"])
)
def test_planning_what_was_just_applied_changes_nothing(names: tuple[str, str], country: str, domain: str) -> None:
    first = planned(name=names[0], country=country, domains=domain)
    if first.kind is LineKind.BAD:
        return
    existing = company_from_json(first.after or {})
    second = planned(existing, name=names[1], phone=names[0])
    if second.kind is LineKind.UPDATE:
        existing = replace(existing, **dict(second.after or {}))
        again = planned(existing, name=names[1], phone=names[0])
        assert again.kind is LineKind.SAME


def person(existing: PersonInCompany | None = None, company: str | None = "Fabrikam", **values: str) -> PlannedLine:
    given_values = {"company_external_id": "C1", "email": "Erika@Fabrikam.example", **values}
    return plan_person_line(Record(2, given_values), company, existing)


def test_a_person_is_new_or_changed_or_the_same() -> None:
    new = person(first_name="Erika", role="Admin")
    assert (new.kind, new.after) == (
        LineKind.CREATE,
        {"email": "erika@fabrikam.example", "first_name": "Erika", "role": "administrator"},
    )
    there = PersonInCompany(PersonDraft("erika@fabrikam.example", "Erika", ""), "administrator")
    assert person(there, first_name="Erika", phone="+43 1").kind is LineKind.SAME
    changed = person(there, last_name="Muster", role="user")
    assert (changed.before, changed.after) == ({"role": "administrator"}, {"last_name": "Muster", "role": "user"})


@pytest.mark.parametrize(
    ("company", "values", "says"),
    [
        (None, {}, "No company has the external id"),
        ("Fabrikam", {"email": ""}, "no email"),
        ("Fabrikam", {"email": "erika"}, "e-mail"),
        ("Fabrikam", {"role": "king"}, "no role"),
    ],
)
def test_a_person_who_cannot_be_placed_makes_the_line_bad(
    company: str | None, values: dict[str, str], says: str
) -> None:
    plan = person(None, company, **values)
    assert plan.kind is LineKind.BAD
    assert says in plan.reason

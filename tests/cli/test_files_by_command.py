"""`tenantry import` and `tenantry export`: a plan first, bad lines named, and what is exported can be imported."""

from pathlib import Path

import pytest
from django.utils import timezone
from tests.commands import tenantry
from tests.web.people import add_company, add_people

from tenantry.audit.events import SYSTEM
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Marketplace
from tenantry.marketplace.services import create_marketplace

COMPANIES = """external_id,name,country,domains
a1,Alpine Ski House,AT,alpine.example ski.example
a2,=Bold,FR,
,Nameless,DE,
a3,Wrong,Austria,
"""
PEOPLE = "company_external_id,email,first_name,role\na1,anna@alpine.example,Anna,administrator\nzz,x@y.example,X,user\n"


@pytest.fixture
def northwind(database: str) -> Marketplace:
    return create_marketplace(name="Northwind", actor=SYSTEM, now=timezone.now())


def test_a_file_is_previewed_then_imported_with_its_bad_lines_named(northwind: Marketplace, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text(COMPANIES)
    planned = tenantry("import", str(file), "--preview", "--json")
    assert planned.code == 2, planned.err
    assert (planned.json["counters"]["create"], planned.json["counters"]["bad"]) == (2, 2)
    with marketplace_scope(northwind.pk):
        assert not Company.objects.exists()
    done = tenantry("import", str(file), "--json")
    assert done.code == 4, done.err
    assert done.json["import"] == planned.json["import"], "it goes on with what was previewed"
    assert [line["line"] for line in done.json["lines"]] == [4, 5]
    with marketplace_scope(northwind.pk):
        assert sorted(Company.objects.values_list("name", flat=True)) == ["=Bold", "Alpine Ski House"]
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE)
    ran = tenantry("import", str(people))
    assert ran.code == 4
    assert "1 applied" in ran.err
    assert "line 3" in ran.err
    again = tmp_path / "again.csv"
    again.write_text(COMPANIES.splitlines(keepends=True)[0] + COMPANIES.splitlines(keepends=True)[1])
    assert tenantry("import", str(again)).code == 0


def test_a_file_that_is_none_is_refused(northwind: Marketplace, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    assert "can't be read" in tenantry("import", str(file)).err
    file.write_text("colour,shape\nred,round\n")
    refused = tenantry("import", str(file))
    assert refused.code == 1
    assert "does not name the column external_id and name" in refused.err


def test_what_is_exported_is_imported_again_without_a_change(northwind: Marketplace, tmp_path: Path) -> None:
    file, people = tmp_path / "companies.csv", tmp_path / "users.csv"
    file.write_text(COMPANIES)
    tenantry("import", str(file))
    with marketplace_scope(northwind.pk):
        alpine = Company.objects.get(external_id="a1")
    add_people(alpine, "anna@alpine.example", name="Anna Berg", role="administrator")
    add_company(northwind, "By hand")
    assert tenantry("export", "companies", "--country", "AT", "--output", str(file)).code == 0
    again = tenantry("import", str(file), "--json")
    assert (again.code, again.json["counters"]["same"]) == (4, 1), again.json
    assert [line["subject"] for line in again.json["lines"]] == ["By hand"], "it has no external id"
    assert tenantry("export", "users", "--output", str(people)).code == 0
    assert tenantry("import", str(people), "--json").json["counters"]["same"] == 1
    whole = tenantry("export", "companies", "--json")
    assert [row["name"] for row in whole.json["companies"]] == ["Alpine Ski House", "=Bold", "By hand"]
    assert "'=Bold" in tenantry("export", "companies").out
    assert tenantry("export", "companies", "--origin", "nowhere").code == 1
    assert tenantry("export", "companies", "--output", str(tmp_path / "no" / "such.csv")).code == 1

"""``tenantry match``: two lists on the command line, without an installation."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tenantry.cli.exits import Exit
from tenantry.cli.main import app

TENANTS = """id,name,domain,country,email,shoe size
t1,Contoso France SAS,contoso.fr,France,jean@contoso.fr,44
t2,Alpine Ski House GmbH,alpine.onmicrosoft.com,AT,m@alpineskihouse.com,41
t3,GmbH & Co. KG,,DE,,
t4,=cmd()|Fabrikam,,,,
"""
COMPANIES = """\ufeffid;name;domains;country;tenant_id
1;Contoso France;contoso.fr, contoso.eu;FR;
2;Old Name;;;T1
3;ALPINE SKI HOUSE;alpineskihouse.com;AT;
4;GmbH;;DE;
5;cmd Fabrikam;;;
"""


class Ran:
    def __init__(self, *arguments: str) -> None:
        result = CliRunner().invoke(app, ["match", *arguments])
        self.code, self.out, self.said = result.exit_code, result.stdout, result.stderr


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.fixture
def lists(tmp_path: Path) -> tuple[str, str]:
    return written(tmp_path, "tenants.csv", TENANTS), written(tmp_path, "companies.csv", COMPANIES)


def test_matches_come_with_reasons_for_and_against(lists: tuple[str, str]) -> None:
    ran = Ran(*lists, "--json")
    assert ran.code == Exit.DONE
    found = [(row["tenant_id"], row["company_id"], row["certainty"]) for row in json.loads(ran.out)["matches"]]
    assert found[:3] == [("t1", "2", "Certain"), ("t1", "1", "Strong"), ("t2", "3", "Likely")]
    strong = json.loads(ran.out)["matches"][1]
    assert "Same domain, and only this company has it: contoso.fr." in strong["for"]
    assert {"code", "points"} <= strong["evidence"][0].keys()
    assert not [row for row in found if row[0] == "t3"]
    assert "shoe size" in ran.said


def test_a_table_of_values_opens_in_a_spreadsheet_without_running_anything(
    lists: tuple[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "found.csv"
    assert Ran(*lists, "--format", "csv", "--output", str(target)).code == Exit.DONE
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert rows[0]["company_id"] == "2"
    assert all(not cell.startswith("=") for row in rows for cell in row.values())
    assert any(row["tenant_name"].startswith("'=cmd") for row in rows)


def test_people_get_a_table(lists: tuple[str, str]) -> None:
    ran = Ran(*lists, "--most", "1")
    assert ran.code == Exit.DONE
    assert "Certain" in ran.out
    assert "3 of 4 tenants" in ran.said


def test_several_processes_find_the_same(lists: tuple[str, str]) -> None:
    assert Ran(*lists, "--json", "--processes", "2").out == Ran(*lists, "--json").out


def test_a_row_without_a_name_is_told_and_the_rest_is_matched(lists: tuple[str, str], tmp_path: Path) -> None:
    tenants = written(tmp_path, "gaps.csv", "name,country\nContoso France,FR\n,DE\n")
    ran = Ran(tenants, lists[1], "--json")
    assert ran.code == Exit.PARTLY_FAILED
    assert "line 3 was left out" in ran.said
    assert json.loads(ran.out)["matches"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no column for the name"),
        ("country,city\nDE,Berlin\n", "no column for the name"),
        ("name,company name\na,b\n", "both mean name"),
        ("name,country\n", "no row with a name"),
        (b"name\nM\xfcller GmbH\n", "not UTF-8"),
        ("name\n" + "x" * 30_000 + "\n", "no CSV"),
        (b"PK\x03\x04\x00\x00", "no column for the name"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(
    content: str | bytes, reason: str, lists: tuple[str, str], tmp_path: Path
) -> None:
    ran = Ran(written(tmp_path, "bad.csv", content), lists[1])
    assert ran.code == Exit.ERROR
    assert reason in " ".join(ran.said.split())
    assert not ran.out


def test_ids_of_companies_must_differ(lists: tuple[str, str], tmp_path: Path) -> None:
    ran = Ran(lists[0], written(tmp_path, "twice.csv", "id,name\n1,Contoso\n1,Fabrikam\n"))
    assert ran.code == Exit.ERROR
    assert "line 2 and again on line 3" in " ".join(ran.said.split())


def test_a_missing_file_is_an_error(lists: tuple[str, str], tmp_path: Path) -> None:
    ran = Ran(str(tmp_path / "none.csv"), lists[1])
    assert ran.code == Exit.ERROR
    assert "cannot be read" in " ".join(ran.said.split())

"""No module goes around the scope; and the lint that says so finds each way when there is one."""

from pathlib import Path

import pytest
from tests.isolation.unscoped import breaches

SOURCE = Path(__file__).resolve().parents[2] / "src" / "tenantry"
# These make the walls, or look after the database's roles: what they do about them is their purpose.
MAKERS = ("isolation/", "runtime/")
# Each with its reason.
ALLOWED = {
    "api/repeating.py": "keeps answers by token in a table of no marketplace, with the id in each statement",
    "cli/doctor.py": "counts workers in the queue, which has no marketplace",
    "cli/sessions.py": "asks the server for its sessions, and locks, which are no table",
    "cli/surroundings.py": "asks what time it is, of no table",
}


def test_no_module_goes_around_the_scope() -> None:
    found: list[str] = []
    for path in sorted(SOURCE.rglob("*.py")):
        where = path.relative_to(SOURCE)
        name = where.as_posix()
        if "migrations" in where.parts or name.startswith(MAKERS) or name in ALLOWED:
            continue
        found += breaches(path.read_text(encoding="utf-8"), where)
    assert found == []


def test_what_is_allowed_still_needs_it() -> None:
    for name in ALLOWED:
        assert list(breaches((SOURCE / name).read_text(encoding="utf-8"), Path(name))), f"{name}: take it off the list."


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("Company.objects.raw('select 1')", "sync/x.py"),
        ("Company._base_manager.all()", "sync/x.py"),
        ("Company.objects.extra(where=['1=1'])", "sync/x.py"),
        ("from django.db.models.expressions import RawSQL\nx = RawSQL('1', [])", "sync/x.py"),
        ("with connection.cursor() as c: c.execute('select 1')", "web/x.py"),
        ("c.execute('set local row_security = off')", "sync/x.py"),
        ("c.execute('SET ROLE postgres')", "sync/x.py"),
        ("class Thing(MarketplaceOwned):\n    everything = models.Manager()", "sync/models/x.py"),
        ("class Thing(managed.MarketplaceOwned):\n    objects: object = Rows.as_manager()", "sync/models/x.py"),
    ],
)
def test_the_lint_finds_each_way_around(code: str, module: str) -> None:
    assert len(list(breaches(code, Path(module)))) >= 1


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ('"""A module about set role and row_security."""', "web/x.py"),
        ("with connection.cursor() as c: c.execute('select 1')", "sync/x.py"),
        ("class Thing(MarketplaceOwned):\n    name = models.TextField()", "sync/models/x.py"),
        ("Company.objects.filter(name='raw')", "web/x.py"),
    ],
)
def test_the_lint_lets_ordinary_code_alone(code: str, module: str) -> None:
    assert list(breaches(code, Path(module))) == []

"""Each wall is taken down in a sandbox, and the other one holds: through the models and on the pages.

The test's database is a copy of its own; nothing of this outlives the test.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection, models
from django.utils import timezone
from psycopg import sql
from tests.web.cast import OPERATOR, Cast

from tenantry.isolation import managed
from tenantry.isolation.scope import OutsideScope, marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import Company, CompanyOrigin

OURS, THEIRS = "Ourcorp Harbour", "Secretcorp Lagoon"
PAGES = (
    "/", "/companies/", "/users/", "/companies/pending/", "/sync/history/", "/audit/", "/settings/data-sync/",
    "/companies/export.csv", "/users/export.csv",
)  # fmt: skip


@pytest.fixture
def both(cast: Cast) -> Cast:
    """A company in each marketplace."""
    for marketplace, name in ((cast.northwind, OURS), (cast.contoso, THEIRS)):
        with marketplace_scope(marketplace.pk):
            create_company(
                draft=CompanyDraft(name, "DE"), origin=CompanyOrigin.BY_HAND, actor=OPERATOR, now=timezone.now()
            )
    return cast


@pytest.fixture
def no_first_wall(both: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Every manager gives every row, in any scope or none."""
    plain = models.QuerySet

    def everything(self: Any) -> Any:
        return plain(self.model, using=self._db)

    monkeypatch.setattr(managed.ScopedManager, "get_queryset", everything)
    return both


@pytest.fixture
def no_second_wall(both: Cast, owner_url: str) -> Cast:
    """No table has a policy any more."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        tables = owner.execute("select relname::text from pg_class where relrowsecurity and relkind = 'r'").fetchall()
        assert len(tables) > 20
        for (table,) in tables:
            owner.execute(sql.SQL("alter table {} disable row level security").format(sql.Identifier(table)))
    return both


def shown(cast: Cast) -> str:
    """Every page of Northwind's manager, one after the other."""
    client = cast.client("owner")
    answers = [client.get(page) for page in PAGES]
    assert [answer.status_code for answer in answers] == [200] * len(PAGES)
    return "".join(b"".join(answer).decode() for answer in answers)


def names(build: Callable[[], Any]) -> list[str]:
    return sorted(build().values_list("name", flat=True))


def test_without_the_first_wall_the_second_keeps_the_other_marketplace_away(no_first_wall: Cast) -> None:
    with marketplace_scope(no_first_wall.northwind.pk):
        assert names(Company.objects.all) == [OURS]
        assert Company.objects.filter(marketplace_id=no_first_wall.contoso.pk).update(name="taken") == 0
        assert Company.objects.filter(name=THEIRS).delete()[0] == 0
    assert names(Company.objects.all) == [], "outside of any scope there is nothing at all"
    pages = shown(no_first_wall)
    assert (OURS in pages, THEIRS in pages) == (True, False)


def test_without_the_second_wall_the_first_keeps_the_other_marketplace_away(no_second_wall: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from marketplace_company")
        assert cursor.fetchone() == (2,), "the wall is down"
    with marketplace_scope(no_second_wall.northwind.pk):
        assert names(Company.objects.all) == [OURS]
        assert Company.objects.filter(marketplace_id=no_second_wall.contoso.pk).update(name="taken") == 0
        assert Company.objects.filter(name=THEIRS).delete()[0] == 0
    with pytest.raises(OutsideScope):
        names(Company.objects.all)
    pages = shown(no_second_wall)
    assert (OURS in pages, THEIRS in pages) == (True, False)
    with connection.cursor() as cursor:
        cursor.execute("select id from marketplace_company where name = %s", [THEIRS])
        (number,) = cursor.fetchone()
    assert no_second_wall.client("owner").get(f"/companies/{number}/").status_code == 404

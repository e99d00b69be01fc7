"""`tenantry sync users` from end to end: a process, an emulator of both providers, a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.commands import tenantry
from tests.connections.directory_stage import close_kept
from tests.sync.people.stage import PeopleStage, make_stage

from tenantry.emulator.server import Emulator


@pytest.fixture
def stage(database: str) -> Iterator[PeopleStage]:
    with Emulator(customers=4, google_customers=4, limit=0, google_quota=0, people=3, seed=5) as emulator:
        yield make_stage(emulator, datetime.now(UTC))
        close_kept()


def test_people_are_previewed_then_brought_in_and_a_closed_tenant_is_named(stage: PeopleStage) -> None:
    company = stage.add(1)
    preview = tenantry("sync", "users", "--preview", "--json")
    assert preview.code == 2, preview.err
    [report] = preview.json["runs"]
    assert [change["kind"] for change in report["changes"]] == ["user.create"] * 3
    assert len(stage.members(company)) == 1
    applied = tenantry("sync", "users", "--company", "company 1")
    assert applied.code == 0, applied.err
    assert "3 people of 1 tenants seen, 3 changes planned, 3 applied" in applied.out
    stage.tenant(1, readable=False)
    closed = tenantry("sync", "users")
    assert (closed.code, "Company 1 could not be read, its people stay" in closed.out) == (4, True)
    unknown = tenantry("sync", "users", "--company", "Nobody Ltd")
    assert (unknown.code, "There is no company named 'Nobody Ltd' here." in unknown.err) == (1, True)

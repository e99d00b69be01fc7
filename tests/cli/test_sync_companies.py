"""`tenantry sync companies` from end to end: a process, an emulated Partner Center, a real database."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.installed import Installed, connection_to, install, table_hashes, tenantry

from tenantry.audit.events import SYSTEM
from tenantry.connections.services import save_microsoft_connection
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.company_settings import save_company_sync
from tenantry.sync.models import Sighting

# What a preview may write: Observation (its pages, too), Tenant, Sighting, Finding, Run, Change and audit rows.
WRITTEN_BY_PREVIEW = {
    "connections_callline", "sync_observation", "sync_observationpage", "sync_tenant", "sync_sighting", "sync_finding",
    "sync_run", "sync_change", "audit_event", "audit_chainlink", "audit_personkey",
}  # fmt: skip

ChangeKey = tuple[str, str, str, str]


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=120, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def installed(database: str, emulator: Emulator, now: datetime) -> Installed:
    return install(emulator, now=now, marketplaces={"Northwind": [], "Alpine": ["DE"]}, syncing=["Northwind"])


def changes_of(report: dict[str, Any]) -> list[ChangeKey]:
    return sorted(
        (change["subject"], change["kind"], str(change["before"]), str(change["after"]))
        for run in report["runs"]
        for change in run["changes"]
    )


def resellers(emulator: Emulator) -> set[str]:
    return set(emulator.world.tenant_ids())


def list_of(emulator: Emulator) -> dict[str, tuple[str, str]]:
    """What the listing shows of each reseller customer."""
    rows = [emulator.world.customer(tenant_id) for tenant_id in emulator.world.tenant_ids()]
    return {row.tenant_id: (row.name, row.domain) for row in rows}


def read_tenants(installed: Installed) -> list[str]:
    return [tenant for tenant, row in installed.pending("Northwind").items() if "details_refused" not in row.problems]


def test_every_reseller_customer_becomes_pending_with_its_contact(installed: Installed, emulator: Emulator) -> None:
    ran = tenantry("sync", "companies")
    assert ran.code in {0, 4}, ran.err  # 4: the emulated world refuses the details of a few
    rows = installed.pending("Northwind")
    assert set(rows) == resellers(emulator)
    assert all("details_not_read" not in row.problems for row in rows.values())
    assert sum(bool(row.contact_email) for row in rows.values()) > 90
    assert installed.pending("Alpine", ("pending", "withdrawn")) == {}, "its Company Sync is off"


def test_a_preview_writes_nothing_but_what_it_saw_and_planned(
    installed: Installed, owner_url: str, emulator: Emulator
) -> None:
    before = table_hashes(owner_url)
    previewed = tenantry("sync", "companies", "--preview", "--json")
    after = table_hashes(owner_url)
    assert previewed.code == 2, previewed.err
    assert {name for name in after if after[name] != before.get(name)} <= WRITTEN_BY_PREVIEW
    assert installed.pending("Northwind") == {}
    assert {key[0] for key in changes_of(previewed.json)} == resellers(emulator)


def test_the_sync_after_a_preview_applies_exactly_the_listed_changes(installed: Installed, emulator: Emulator) -> None:
    assert tenantry("sync", "companies").code in {0, 4}
    emulator.world.advance(6)
    previewed = tenantry("sync", "companies", "--preview", "--refresh-details", "--json")
    assert previewed.code == 2, previewed.err
    applied = tenantry("sync", "companies", "--json")
    assert changes_of(applied.json) == changes_of(previewed.json) != []
    assert {change["state"] for run in applied.json["runs"] for change in run["changes"]} == {"applied"}


def test_a_second_run_with_nothing_changed_plans_and_reads_nothing_and_says_so(
    installed: Installed, emulator: Emulator
) -> None:
    tenantry("sync", "companies")
    emulator.counters.reset()
    again = tenantry("sync", "companies", "--json")
    [run] = again.json["runs"]
    assert again.code == 0
    assert (run["changes"], run["counters"]["changes"], run["counters"]["details_read"]) == ([], 0, 0)
    assert run["note"].startswith("Nothing changed since the last run")
    calls = [path for path in emulator.counters.as_dict()["paths"] if "customers/" in path]
    assert calls == [], "no tenant was read singly"


def test_after_the_world_moved_exactly_the_moved_tenants_change(installed: Installed, emulator: Emulator) -> None:
    tenantry("sync", "companies")
    before, readable = list_of(emulator), set(read_tenants(installed))
    moved = emulator.world.advance(5)
    after = list_of(emulator)
    listed = {tenant for tenant, shown in after.items() if shown != before.get(tenant)}
    seen = tenantry("sync", "companies", "--json").json
    assert {change["subject"] for run in seen["runs"] for change in run["changes"]} == listed != set()
    Sighting.objects.filter(details_due_at__isnull=False).update(
        details_due_at=datetime.fromisoformat("2026-01-01T00:00Z")
    )
    aged = tenantry("sync", "companies", "--json").json
    subjects = {change["subject"]: change["kind"] for run in aged["runs"] for change in run["changes"]}
    contacts = {move.tenant_id for move in moved if move.kind == "contact_changed"} & set(after) & readable - listed
    left = set(before) - set(after)
    assert set(subjects) == contacts | left, "the aged refresh finds contacts; the second miss and a refusal, who left"
    assert {kind for subject, kind in subjects.items() if subject in left} <= {"pending.withdraw"}
    assert {kind for subject, kind in subjects.items() if subject in contacts} <= {"pending.update"}


def test_who_left_is_withdrawn_after_two_complete_listings_and_returns(
    installed: Installed, emulator: Emulator
) -> None:
    tenantry("sync", "companies")
    leaver = sorted(resellers(emulator))[3]
    emulator.world.leave(leaver)
    tenantry("sync", "companies")
    assert leaver in installed.pending("Northwind"), "one listing without it proves nothing"
    tenantry("sync", "companies")
    assert leaver in installed.pending("Northwind", ["withdrawn"])
    emulator.world.come_back(leaver)
    tenantry("sync", "companies")
    assert leaver in installed.pending("Northwind")


def test_the_filtered_marketplace_gets_its_country_only(
    installed: Installed, emulator: Emulator, now: datetime
) -> None:
    with marketplace_scope(installed.marketplaces["Alpine"]):
        save_company_sync(company_sync=True, seen_version=0, actor=SYSTEM, now=now)
    tenantry("sync", "companies")
    northwind, alpine = installed.pending("Northwind"), installed.pending("Alpine")
    assert set(alpine) == {tenant for tenant, row in northwind.items() if row.country == "DE"} != set()


def test_a_wrong_secret_is_said_in_words_and_the_next_sync_goes_on(
    installed: Installed, emulator: Emulator, now: datetime
) -> None:
    bad = connection_to(emulator, credential={"secret": "not-the-secret"})
    save_microsoft_connection(bad, actor=SYSTEM, now=now)
    refused = tenantry("sync", "companies")
    assert refused.code == 1
    assert "secret" in refused.out
    assert "The fault is the connection's configuration" in refused.out
    assert "not-the-secret" not in refused.out + refused.err
    assert installed.pending("Northwind") == {}
    save_microsoft_connection(connection_to(emulator), actor=SYSTEM, now=now)
    assert tenantry("sync", "companies").code in {0, 4}
    assert set(installed.pending("Northwind")) == resellers(emulator)


def test_a_listing_that_ends_ambiguously_says_so_with_its_own_exit_code(
    installed: Installed, emulator: Emulator
) -> None:
    tenantry("sync", "companies")
    emulator.world.leave(min(resellers(emulator)))
    emulator.switches.set({"trailing_token": True})
    for _ in range(3):
        ran = tenantry("sync", "companies")
        assert (ran.code, "did not end cleanly" in ran.out) == (5, True), ran.out
    assert installed.pending("Northwind", ["withdrawn"]) == {}, "absence is not evidence"


def test_an_unknown_marketplace_is_refused_by_name(installed: Installed) -> None:
    ran = tenantry("sync", "companies", "--marketplace", "Nowhere")
    assert ran.code == 1
    assert "There is no marketplace named 'Nowhere'" in ran.err
    assert "Northwind" in ran.err


def test_a_marketplace_whose_company_sync_is_off_is_told_who_turns_it_on(installed: Installed) -> None:
    ran = tenantry("sync", "companies", "--marketplace", "Alpine")
    assert ran.code == 1
    assert "Company Sync is off. A manager turns it on" in ran.err


def test_a_named_marketplace_may_be_previewed_while_its_company_sync_is_off(installed: Installed) -> None:
    ran = tenantry("sync", "companies", "--preview", "--json", "--marketplace", "alpine")
    [run] = ran.json["runs"]
    assert (ran.code, run["marketplace"], run["state"]) == (2, "Alpine", "previewed")
    assert {change["after"]["country"] for change in run["changes"]} == {"DE"}


def test_sync_alone_syncs_companies_and_loses_no_option(installed: Installed) -> None:
    planned = tenantry("sync", "--preview", "--json")
    assert (planned.code, len(planned.json["runs"][0]["changes"]) > 0) == (2, True)
    assert installed.pending("Northwind") == {}
    lost = tenantry("sync", "--preview", "users")
    assert (lost.code, "these options would be lost" in lost.err) == (1, True)

"""`tenantry rebuild-match-keys`: a process over a real database."""

from datetime import datetime
from pathlib import Path

import pytest
from tests.installed import Installed, install, tenantry

from tenantry.audit.events import SYSTEM
from tenantry.core.drafts import CompanyDraft
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company
from tenantry.marketplace.models import CompanyMatchKey, CompanyOrigin


@pytest.fixture
def installed(database: str, emulator_home: Path, now: datetime) -> Installed:
    with Emulator(customers=1, limit=0, home=emulator_home) as running:
        return install(running, now=now, marketplaces={"Northwind": [], "Alpine": ["DE"]}, syncing=[])


def test_keys_that_were_lost_are_there_again_and_other_marketplaces_are_let_be(
    installed: Installed, now: datetime
) -> None:
    found = {}
    for name, marketplace_id in installed.marketplaces.items():
        with marketplace_scope(marketplace_id):
            create_company(draft=CompanyDraft("Contoso"), origin=CompanyOrigin.BY_HAND, actor=SYSTEM, now=now)
            found[name] = set(CompanyMatchKey.objects.values_list("key", flat=True))
            CompanyMatchKey.objects.all().delete()
    told = tenantry("rebuild-match-keys", "--marketplace", "northwind")
    assert "Northwind: all keys are written, and all that waits is matched. Companies: 1. Tenants: 0." in told.err
    for name, marketplace_id in installed.marketplaces.items():
        with marketplace_scope(marketplace_id):
            keys = set(CompanyMatchKey.objects.values_list("key", flat=True))
        assert keys == (found[name] if name == "Northwind" else set())

"""Two marketplaces with a company each."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from tenantry.audit.events import Actor, ActorKind
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import CompanyOrigin
from tenantry.marketplace.services import create_marketplace

OPERATOR = Actor(ActorKind.OPERATOR, "Olga Operator", 1)


@dataclass(frozen=True)
class Two:
    """The ids of two marketplaces. The first has a company *Alpine*, the second one *Boreal*."""

    first: int
    second: int


@pytest.fixture
def two(database: str, now: datetime) -> Two:
    ids = []
    for name, company in (("First", "Alpine"), ("Second", "Boreal")):
        marketplace = create_marketplace(name=name, actor=OPERATOR, now=now)
        with marketplace_scope(marketplace.pk):
            create_company(draft=CompanyDraft(company, "CH"), origin=CompanyOrigin.BY_HAND, actor=OPERATOR, now=now)
        ids.append(marketplace.pk)
    return Two(*ids)

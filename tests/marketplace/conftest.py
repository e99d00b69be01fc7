"""One marketplace with its manager, a second one beside it, and hands that bring companies and people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tenantry.accounts.models import Account
from tenantry.accounts.services import create_account
from tenantry.audit.events import Actor, ActorKind
from tenantry.audit.models import Event
from tenantry.audit.queries import personal_values
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import Company, CompanyKey, CompanyOrigin, MembershipRole
from tenantry.marketplace.people.services import Brought, bring_person
from tenantry.marketplace.services import create_marketplace

MANAGER = Actor(ActorKind.ACCOUNT, "Max Manager", 7)
SYNC = Actor(ActorKind.SCHEDULE, "Company Sync")


@dataclass(frozen=True)
class Store:
    """A marketplace in whose scope the test runs. ``beside`` is another one, full of the same names."""

    pk: int
    beside: int
    now: datetime

    def company(self, name: str = "Fabrikam GmbH", *, origin: str = CompanyOrigin.BY_HAND, **fields: Any) -> Company:
        draft = CompanyDraft(name, **fields)
        actor = SYNC if origin == CompanyOrigin.SYNC else MANAGER
        return create_company(draft=draft, origin=CompanyOrigin(origin), actor=actor, now=self.now)

    def bring(
        self, company: Company, email: str, name: str = "", *, role: str = "user", origin: str = "sync"
    ) -> Brought:
        first, _, last = name.partition(" ")
        return bring_person(
            company_id=company.pk, email=email, first_name=first, last_name=last, phone="", language="",
            role=MembershipRole(role), origin=CompanyOrigin(origin), actor=SYNC, now=self.now,
        )  # fmt: skip

    def account(self, email: str, *, operator: bool = False) -> Account:
        return create_account(
            email=email, name="Known Already", password="correct-horse-battery", is_operator=operator, now=self.now
        )


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def store(database: str, now: datetime) -> Iterator[Store]:
    own, other = (create_marketplace(name=name, actor=MANAGER, now=now).pk for name in ("Northwind", "Contoso"))
    with marketplace_scope(other):
        Store(other, own, now).company("Fabrikam GmbH", external_id="F-1")
    with marketplace_scope(own):
        yield Store(own, other, now)


def actions(kind: str = "company") -> list[str]:
    """Return what the audit was told of things of this kind, oldest first."""
    return list(Event.objects.filter(target_kind=kind).order_by("id").values_list("action", flat=True))


def last_event() -> tuple[Event, dict[str, Any]]:
    event = Event.objects.order_by("-id")[0]
    return event, personal_values(event) or {}


def keys_of(company: Company) -> set[str]:
    return set(CompanyKey.objects.filter(company=company).values_list("key", flat=True))

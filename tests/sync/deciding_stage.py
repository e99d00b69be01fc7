"""A marketplace with pending companies to decide on, and the decisions in short."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.sync.stage import Clock, Sync
from tests.sync.world import World

from tenantry.audit.events import Actor, ActorKind
from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import create_company, edit_company
from tenantry.marketplace.models import Company, CompanyOrigin
from tenantry.sync.deciding.answering import Decided
from tenantry.sync.deciding.services import (
    create_from_pending,
    ignore_pending,
    link_pending,
    reject_match,
    reopen_pending,
    snooze_pending,
)
from tenantry.sync.deciding.undoing import undo_decision
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import Entitlement, PendingCompany, TenantLink

KIM = Actor(ActorKind.ACCOUNT, "Kim Manager", 11)
ALEX = Actor(ActorKind.ACCOUNT, "Alex Support", 12)


@dataclass
class Desk:
    """Where somebody decides: a marketplace and a clock."""

    marketplace_id: int
    clock: Clock
    sync: Sync

    def allow_links(self) -> None:
        with marketplace_scope(self.marketplace_id):
            Entitlement.objects.update(link_company=True)

    def company(
        self, name: str, *, country: str = "DE", domains: tuple[str, ...] = (), tenant_ids: tuple[str, ...] = (),
        number: str = "",
    ) -> int:  # fmt: skip
        draft = CompanyDraft(
            name, country, registration_number=number, domains=tuple(map(DomainDraft, domains)), tenant_ids=tenant_ids
        )
        with marketplace_scope(self.marketplace_id):
            company = create_company(draft=draft, origin=CompanyOrigin.BY_HAND, actor=KIM, now=self.clock())
            return company.pk

    def rename(self, company_id: int, name: str) -> None:
        with marketplace_scope(self.marketplace_id):
            version = Company.objects.values_list("version", flat=True).get(pk=company_id)
            edit_company(
                company_id=company_id, seen_version=version, changes={"name": name}, actor=KIM, now=self.clock()
            )

    def match(self) -> None:
        assert match_all(marketplace_id=self.marketplace_id, clock=self.clock, should_stop=lambda: False)

    def pending(self, number: int) -> PendingCompany:
        with marketplace_scope(self.marketplace_id):
            rows = PendingCompany.objects.select_related("tenant", "company")
            return rows.get(tenant__external_id=World.id_of(number))

    def links(self) -> list[TenantLink]:
        with marketplace_scope(self.marketplace_id):
            return list(TenantLink.objects.filter(ended_at=None))

    def create(self, number: int, *, actor: Actor = KIM, **how: Any) -> Decided:
        how = {"draft": None, "invite": False, "seen_version": None, **how}
        return self._decide(create_from_pending, number, actor, how)

    def link(self, number: int, company_id: int, *, actor: Actor = KIM, **how: Any) -> Decided:
        how = {"fill_blanks": False, "add_contact": False, "seen_version": None, **how}
        return self._decide(link_pending, number, actor, {"company_id": company_id, **how})

    def ignore(self, number: int, *, actor: Actor = KIM, **how: Any) -> Decided:
        return self._decide(ignore_pending, number, actor, {"reason_key": "test", "seen_version": None, **how})

    def snooze(self, number: int, *, days: int = 7, actor: Actor = KIM, **how: Any) -> Decided:
        until = self.clock() + timedelta(days=days)
        return self._decide(snooze_pending, number, actor, {"until": until, "seen_version": None, **how})

    def reopen(self, number: int, *, actor: Actor = KIM) -> Decided:
        return self._decide(reopen_pending, number, actor, {"seen_version": None})

    def reject(self, number: int, company_id: int) -> Decided:
        return self._decide(reject_match, number, KIM, {"company_id": company_id, "seen_version": None})

    def undo(self, decision_id: int, *, actor: Actor = KIM, any_of: bool = True) -> Decided:
        with marketplace_scope(self.marketplace_id):
            return undo_decision(decision_id=decision_id, actor=actor, may_undo_any=any_of, now=self.clock())

    def _decide(self, service: Any, number: int, actor: Actor, how: dict[str, Any]) -> Decided:
        pending_id = self.pending(number).pk
        now: datetime = self.clock()
        with marketplace_scope(self.marketplace_id):
            decided: Decided = service(pending_id=pending_id, actor=actor, now=now, **how)
            return decided

"""Gathers what the rules go by for one tenant, for ``core.explaining``. In the marketplace's scope; writes nothing."""

from dataclasses import dataclass

from tenantry.core.explaining import Match as MatchTold
from tenantry.core.explaining import Rule, TenantStory, explain_tenant
from tenantry.core.planning.companies import TenantView
from tenantry.core.whereabouts import RESELLER, shut_out
from tenantry.sync.automatic.candidates import candidates_of
from tenantry.sync.automatic.guards import guarded_contacts
from tenantry.sync.automatic.words import AUTOMATIC_WORDS
from tenantry.sync.deciding.answering import standing_decision, what_was
from tenantry.sync.field_owners import read_rules
from tenantry.sync.matching.words import certainty_word, reasons_in_words
from tenantry.sync.models import Change, ChangeState, Match, PendingCompany, Tenant
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row
from tenantry.sync.runs.applying import view_of
from tenantry.sync.runs.linked_views import linked_of
from tenantry.sync.switches import read_company_sync, read_limits
from tenantry.sync.whereabouts import Found, find_tenant

_MOST_MATCHES = 5


@dataclass(frozen=True, slots=True)
class Explained:
    """A tenant, where it is, and each rule with its answer."""

    found: Found
    rules: list[Rule]


def explain_tenants(*, external_id: str, domain: str) -> list[Explained]:
    """Explain the tenants with this id or domain, the first few. One that is not known here has no rules."""
    return [
        Explained(found, explain_tenant(_story(found)) if found.facts else [])
        for found in find_tenant(external_id=external_id, domain=domain)
    ]


def _story(found: Found) -> TenantStory:
    tenant, facts, pending = found.tenant, found.facts, found.pending
    if tenant is None or facts is None:
        raise ValueError("There is no story of a tenant that is not known.")
    switches, linked = read_company_sync(), linked_of(tenant.pk)
    candidates = candidates_of([pending.pk]) if pending else []
    return TenantStory(
        facts=facts,
        tenant=_view(found, tenant, linked=linked is not None),
        pending=view_of(pending) if pending else None,
        first_seen_at=pending.first_seen_at if pending else None,
        on=switches.on,
        automatic=switches.creates_automatically,
        since=switches.created_since,
        invites=switches.invites_admins,
        creations_per_run=read_limits().creations_per_run,
        matches=_matches(pending) if pending else (),
        compared=pending is not None and pending.matched_at is not None,
        candidate=candidates[0].facts if candidates else None,
        guarded=guarded_contacts(),
        hold=_hold(pending) if pending else "",
        decision=_decision(pending) if pending else "",
        linked=linked,
        owners=read_rules(),
        words=AUTOMATIC_WORDS,
    )


def _view(found: Found, tenant: Tenant, *, linked: bool) -> TenantView:
    facts = found.facts
    seen = facts.seen if facts else ()
    live = facts is not None and any(
        each.relationship == RESELLER and not each.ended and not shut_out(each.passes, facts) for each in seen
    )
    snapshot = snapshot_of_row({name: getattr(tenant, name) for name in SNAPSHOT_COLUMNS})
    return TenantView(
        tenant.pk, tenant.external_id, snapshot, live=live, linked=linked, absence=found.answer.sentence
    )  # fmt: skip


def _matches(pending: PendingCompany) -> list[MatchTold]:
    rows = Match.objects.filter(pending=pending, rejected_at=None).select_related("company")
    return [
        MatchTold(
            row.company.name,
            certainty_word(row.certainty),
            [*reasons_in_words(row.evidence, speaking_for=True),
             *(f"Against it: {reason}" for reason in reasons_in_words(row.evidence, speaking_for=False))],
        )
        for row in rows.order_by("-certainty", "-score", "company_id")[:_MOST_MATCHES]
    ]  # fmt: skip


def _hold(pending: PendingCompany) -> str:
    held = Change.objects.filter(tenant_id=pending.tenant_id, state=ChangeState.HELD, hold__isnull=False)
    change = held.select_related("hold").order_by("-pk").first()
    return change.hold.reason if change and change.hold else ""


def _decision(pending: PendingCompany) -> str:
    decision = standing_decision(pending)
    if decision is None:
        return ""
    by = decision.actor_name or "Somebody"
    return f"{by}, on {decision.created_at:%Y-%m-%d}: {what_was(decision)}."

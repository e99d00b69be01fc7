"""What User Sync adds to the pages of a company and of a user."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from tenantry.core.planning.linked import FieldRule
from tenantry.core.planning.users.reasons import Verdict, verdict_of
from tenantry.marketplace.models import Company, Membership, User
from tenantry.sync.models import TenantLink, UserLink
from tenantry.sync.people.inviting_by_hand import pending_places
from tenantry.sync.people.licence_names import name_licences
from tenantry.sync.people.queries import count_by_reason, provenance_of, readings_of_company
from tenantry.sync.user_settings import read_user_sync
from tenantry.web.addresses import query_of
from tenantry.web.people.words import PROVIDERS, licence_rows, reading_row
from tenantry.web.texts import legible

_RULES = {
    FieldRule.PROVIDER: "the directory wins",
    FieldRule.OURS: "ours wins",
    FieldRule.FILL_BLANKS: "the directory fills blanks",
}
_VERDICTS = {Verdict.IN: "come in", Verdict.OUT: "stay out", Verdict.SKIPPED: "left for a person"}


def people_of_directories(company: Company) -> dict[str, Any] | None:
    """Return the context of ``companies/_directories.html``; nothing for a company without a linked tenant."""
    if not TenantLink.objects.filter(company=company, ended_at=None).exists():
        return None
    counts = dict.fromkeys(Verdict, 0)
    for reason, count in count_by_reason(company_id=company.pk).items():
        counts[verdict_of(reason)] += count
    listed = reverse("web:people-list")
    return {
        "on": any(each.on for each in read_user_sync().values()),
        "readings": [reading_row(row) for row in readings_of_company(company.pk)],
        "waiting": pending_places(company.pk).count(),
        "counts": [
            {"count": counts[verdict], "word": word,
             "url": listed + query_of({"company": str(company.pk), "verdict": verdict.value})}
            for verdict, word in _VERDICTS.items()
        ],
        "any": any(counts.values()),
    }  # fmt: skip


def origins_of(user: User) -> list[dict[str, Any]]:
    """Return where a user's fields come from, a place at a time (``users/_origins.html``); nothing without a link."""
    links = UserLink.objects.filter(user=user, ended_at=None).order_by("membership_id").distinct("membership_id")
    places = Membership.objects.select_related("user", "company").filter(pk__in=links.values("membership_id"))
    ranks = {provider.value: each.settings.precedence for provider, each in read_user_sync().items()}
    return [_origins(place, ranks) for place in places.order_by("pk")]


def _origins(place: Membership, ranks: dict[str, int]) -> dict[str, Any]:
    fields = provenance_of(place, precedence=ranks)
    links: Sequence[UserLink] = [each.link for each in fields[0].said] if fields else []
    named = name_licences([(link.tenant.provider, link.person.licences) for link in links])
    return {
        "company": legible(place.company.name),
        "directories": [
            {"person": link.person_id, "name": PROVIDERS[link.tenant.provider], "tenant": legible(link.tenant.name)}
            for link in links
        ],
        "licences": [None if each is None else licence_rows(each) for each in named],
        "fields": [
            {
                "label": field.label,
                "value": legible(field.value),
                "rule": _RULES[field.rule],
                "said": [
                    {"value": legible(each.value), "as_of": each.as_of, "stale_since": each.stale_since,
                     "leads": each.leads and len(links) > 1}
                    for each in field.said
                ],
            }
            for field in fields
        ],
    }  # fmt: skip

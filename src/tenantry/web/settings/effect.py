"""*Preview effect*: what saving would do, in sentences with numbers (``settings/_effect.html``)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.core.brakes import Limits
from tenantry.core.company_settings import CompanySettings, settle_settings
from tenantry.core.permissions import Role
from tenantry.listing import BoundedCount
from tenantry.sync.automatic.words import AUTOMATIC_WORDS
from tenantry.sync.effects import Backlog, measure_backlog, roles_that_change, sources, staff_in
from tenantry.sync.holds.queries import count_held_companies
from tenantry.sync.switches import CompanySyncSwitches
from tenantry.web.amounts import counted

_TITLES = {Role.SALES_SUPPORT: "Sales Support", Role.CUSTOMER_SUPPORT: "Customer Support"}
_MOST_NAMES = 5


def effect_context(
    switches: CompanySyncSwitches, wanted: CompanySettings, limits: Limits, *, now: datetime
) -> dict[str, Any]:
    """Return what would happen if ``wanted`` and ``limits`` were saved now."""
    before = switches.settings
    after = settle_settings(before, wanted, created_since=switches.created_since, now=now).settings
    points = [
        *_flow(before, after),
        *_creation(before, after, limits),
        *_linking(before, after, switches),
        *_invitations(before, after, limits),
        *_access(before, after),
    ]
    return {"points": points, "differs": before != after}


def _point(text: str, *, tone: str = "off", url: str = "", link: str = "") -> dict[str, str]:
    return {"text": text, "tone": tone, "url": url, "link": link}


def _flow(before: CompanySettings, after: CompanySettings) -> list[dict[str, str]]:
    if after.company_sync and not before.company_sync:
        source = sources()
        if not source.names:
            return [_point("No sync can start: no connection feeds this marketplace.", tone="wait")]
        known = (
            f" Their last complete lists had {counted(source.tenants, 'tenant', 'tenants')}." if source.tenants else ""
        )
        return [_point(f"A sync of {_listed(source.names)} starts at once.{known}", tone="busy")]
    if before.company_sync and not after.company_sync:
        return [_point("No new tenants flow in; a sync that is going on stops. What is pending stays.", tone="wait")]
    return []


def _creation(before: CompanySettings, after: CompanySettings, limits: Limits) -> list[dict[str, str]]:
    had, has = (each.company_sync and each.create_automatically for each in (before, after))
    if has:
        news = [] if had else [_point(_future(limits), tone="busy")]
        return [*news, *_backlog(measure_backlog(invites=after.invite_admins))]
    held = count_held_companies()
    if had and held.count:
        text = f"{_bounded(held)} held {_one(held, 'company waits', 'companies wait')} for a decision again."
        return [_point(text, tone="wait")]
    if after.create_automatically and not before.create_automatically:
        return [_point("Companies are created automatically once Company Sync is on; until then it has no effect.")]
    return [_point("From now on a person decides on every tenant.")] if had else []


def _future(limits: Limits) -> str:
    return (
        "From the next sync on, tenants that are new become companies. The first ones are held for your release; after "
        f"that, a sync that would create more than {limits.creations_per_run:,}."
    )


def _backlog(backlog: Backlog) -> list[dict[str, str]]:
    if not backlog.waiting.count:
        return [_point("Nothing waits for a decision now.")]
    stay = f"{_bounded(backlog.waiting)} already waiting {_one(backlog.waiting, 'stays', 'stay')} for a person."
    looked = " Of the first of these," if backlog.partly else " Of these,"
    could = f"{looked} {backlog.creatable:,} could be created in bulk."
    url = reverse("web:pending-bulk") + "?action=create&all=1&problem=none" if backlog.creatable else ""
    points = [_point(stay + could, url=url, link="See what that would do")]
    if backlog.hindered:
        reasons = ", ".join(f"{count:,} {AUTOMATIC_WORDS[code]}" for code, count in sorted(backlog.hindered.items()))
        points.append(_point(f"No rule would create the others: {reasons}.", tone="wait"))
    if backlog.unread:
        points.append(_point(f"{counted(backlog.unread, 'tenant is', 'tenants are')} not read or compared yet."))
    return points


def _linking(before: CompanySettings, after: CompanySettings, switches: CompanySyncSwitches) -> list[dict[str, str]]:
    could, can = (
        switches.link_allowed and each.company_sync and not each.create_automatically for each in (before, after)
    )
    if could == can:
        return []
    return [_point("Linking becomes possible." if can else "Nobody can link tenants to companies any more.",
                   tone="good" if can else "wait")]  # fmt: skip


def _invitations(before: CompanySettings, after: CompanySettings, limits: Limits) -> list[dict[str, str]]:
    had, has = (each.company_sync and each.invite_admins for each in (before, after))
    creates = after.company_sync and after.create_automatically
    if has:
        paced = f"At most {limits.invitations_per_hour:,} leave in an hour."
        first = "0 e-mails leave before you release the first companies. " if creates else ""
        return [_point(f"{first}The primary contact of each new company is invited. {paced}")]
    return [_point("Nobody is invited when a company is created, unless a person asks for it.")] if had else []


def _access(before: CompanySettings, after: CompanySettings) -> list[dict[str, str]]:
    points = []
    for role, gains in roles_that_change(before, after).items():
        names = staff_in(role)
        who = f"{_TITLES[role]} ({_listed(names)})" if names else f"{_TITLES[role]} (nobody has this role now)"
        verb = "can work on Pending companies" if gains else "has no access to Pending companies from the next click"
        points.append(_point(f"{who} {verb}.", tone="good" if gains else "wait"))
    return points


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    shown = list(names[:_MOST_NAMES]) + ([f"{more:,} more"] if more > 0 else [])
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def _bounded(count: BoundedCount) -> str:
    return f"Over {count.count:,}" if count.over else f"{count.count:,}"


def _one(count: BoundedCount, one: str, many: str) -> str:
    return one if count.count == 1 else many

"""Who would flow in under the settings of User Sync that are shown: *143 in, 57 out*, with some of each and why."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from tenantry.connections.models import Provider
from tenantry.core.user_settings import Leavers, UserSettings
from tenantry.sync.people.scope_counts import ReasonCount, Sample, ScopeCount, count_scope
from tenantry.sync.user_settings import UserSyncSwitches
from tenantry.web.addresses import query_of
from tenantry.web.amounts import counted
from tenantry.web.people.words import PROVIDERS
from tenantry.web.texts import legible

_MOST_REASONS = 4
_DEACTIVATES = "Who came in before and is out now is deactivated, as far as the brakes let go."


def people_points(
    switches: Mapping[Provider, UserSyncSwitches], shown: Mapping[Provider, UserSettings]
) -> list[dict[str, str]]:
    """Return the points of ``settings/_effect.html`` about people, for each provider that would be on."""
    points = []
    for provider, each in switches.items():
        wanted = shown[provider]
        if each.allowed and wanted.user_sync:
            points += _points(provider, wanted, count_scope(provider.value, wanted.scope), begins=not each.on)
        elif each.on:
            text = f"Nobody comes in from {PROVIDERS[provider]} any more. Who is there stays as they are."
            points.append(_point(text, tone="wait"))
    return points


def _points(provider: Provider, wanted: UserSettings, found: ScopeCount, *, begins: bool) -> list[dict[str, str]]:
    title = PROVIDERS[provider]
    if not (found.inside or found.outside or found.unknown):
        text = f"{title}: nobody is known yet. The first reading of the linked companies tells who there is."
        return [_point(text, tone="busy" if begins else "off")]
    listed = reverse("web:people-list") + query_of({"provider": provider.value})
    parts = [f"{found.inside:,} in", f"{found.outside:,} out"] + [f"{found.unknown:,} not told"] * bool(found.unknown)
    points = [
        _point(f"{title}: {', '.join(parts)}.{_named(found.inside_samples)}", tone="good", url=listed, link="Who")
    ]
    points += [_point(_reason(each)) for each in found.reasons[:_MOST_REASONS]]
    points += [_point(f"A rule has no effect: {sentence}", tone="wait") for sentence in found.unanswerable.values()]
    if found.stale or found.unread:
        late = [f"{counted(found.stale, 'tenant', 'tenants')} can't be read now"] * bool(found.stale)
        late += [f"{counted(found.unread, 'tenant', 'tenants')} not read yet"] * bool(found.unread)
        points.append(_point(f"{' and '.join(late)}: their people are counted as last known.", tone="wait"))
    if wanted.leavers is Leavers.DEACTIVATE and found.outside:
        points.append(_point(_DEACTIVATES, tone="wait"))
    return points


def _reason(each: ReasonCount) -> str:
    return f"{each.count:,}: {each.sentence}{_named(each.samples)}"


def _named(samples: Any) -> str:
    names = [_name(sample) for sample in samples]
    return f" For example {', '.join(names)}." if names else ""


def _name(sample: Sample) -> str:
    licences = ", ".join(each.word for each in sample.licences)
    return legible(sample.name or sample.address) + (f" ({legible(licences)})" if licences else "")


def _point(text: str, *, tone: str = "off", url: str = "", link: str = "") -> dict[str, str]:
    return {"text": text, "tone": tone, "url": url, "link": link}

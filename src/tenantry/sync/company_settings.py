"""Writes the Company Sync settings and the limits of its brakes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.brakes import Limits, problems_of
from tenantry.core.company_settings import CompanySettings, differences, settle_settings
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.automatic.giving_back import give_back_creations
from tenantry.sync.models import BrakeLimits, CompanySyncSettings, Entitlement
from tenantry.sync.switches import chosen_in, read_limits


class SettingsRefused(Exception):
    """The settings can't be saved. The message says why, and whom to ask or what to do.

    ``errors`` has a sentence by field, where one is wrong.
    """

    def __init__(self, sentence: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.errors = dict(errors or {})


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """What a save did. ``switched_on``: Company Sync was off and is on; ``given_back``: held rows that wait again."""

    changed: bool
    switched_on: bool = False
    given_back: int = 0


def save_company_settings(
    *, wanted: CompanySettings, seen_version: int, actor: Actor, now: datetime, limits: Limits | None = None,
    request_id: str = "",
) -> SavedSettings:  # fmt: skip
    """Save the five settings, and the brakes' limits if given, all together. In the marketplace's scope.

    What the support roles' settings become, and since when tenants count as new, is decided by
    ``core.company_settings``. When companies are not created automatically any more, what was held for that waits for
    a person again. ``seen_version`` is the version that the person saw. Raises :class:`SettingsRefused` when somebody
    saved meanwhile, the operator's switch is off, or a limit is none.
    """
    marketplace_id = current_marketplace_id()
    row, _ = CompanySyncSettings.objects.select_for_update().get_or_create(marketplace_id=marketplace_id)
    _check_save(row, seen_version, limits)
    before = chosen_in(row)
    saved = settle_settings(before, wanted, created_since=row.create_automatically_since, now=now)
    old, new = differences(before, saved.settings)
    limits_before, limits_after = _save_limits(limits, actor=actor, now=now)
    if not (new or limits_after):
        return SavedSettings(changed=False)
    for name, value in asdict(saved.settings).items():
        setattr(row, name, value)
    row.create_automatically_since, row.version = saved.created_since, row.version + 1
    row.changed_at, row.changed_by_name = now, actor.name
    row.save()
    happening = Happening(
        "sync.company_settings.changed", Target("marketplace", str(marketplace_id)), before=old | limits_before,
        after=new | limits_after,
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now, request_id=request_id)
    stops = {"company_sync", "create_automatically"} & {name for name, on in new.items() if not on}
    given_back = give_back_creations(reason=_STOPPED[stops.pop()], actor=actor, now=now) if stops else 0
    return SavedSettings(changed=True, switched_on=new.get("company_sync", False), given_back=given_back)


_STOPPED = {
    "company_sync": "Company Sync was switched off.",
    "create_automatically": "Automatic creation was switched off.",
}


def _check_save(row: CompanySyncSettings, seen_version: int, limits: Limits | None) -> None:
    if not Entitlement.objects.filter(company_sync=True).exists():
        raise SettingsRefused("Company Sync is not enabled for this marketplace. Ask your operator to enable it.")
    if row.version != seen_version:
        raise SettingsRefused(
            f"{row.changed_by_name or 'Somebody'} saved these settings after you opened the page. "
            "Look at what they are now, then decide again."
        )
    wrong = problems_of(limits) if limits is not None else {}
    if wrong:
        raise SettingsRefused(f"A limit can't be kept. {next(iter(wrong.values()))}", wrong)


def _save_limits(limits: Limits | None, *, actor: Actor, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """Keep the limits if they differ from those there are; return what differs, as it was and as it is."""
    old, new = asdict(read_limits()), asdict(limits or read_limits())
    names = [name for name in old if old[name] != new[name]]
    if names:
        stamp = {"changed_at": now, "changed_by_name": actor.name}
        BrakeLimits.objects.update_or_create(marketplace_id=current_marketplace_id(), defaults=new | stamp)
    return {name: old[name] for name in names}, {name: new[name] for name in names}


def save_limits(*, limits: Limits, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Keep the limits of the brakes alone; return whether any changed. In the marketplace's scope.

    Raises :class:`SettingsRefused` when one is none.
    """
    wrong = problems_of(limits)
    if wrong:
        raise SettingsRefused(f"A limit can't be kept. {next(iter(wrong.values()))}", wrong)
    marketplace_id = current_marketplace_id()
    old, new = _save_limits(limits, actor=actor, now=now)
    if new:
        happening = Happening(
            "sync.brake_limits.changed", Target("marketplace", str(marketplace_id)), before=old, after=new
        )
        record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now, request_id=request_id)
    return bool(new)


def save_company_sync(*, company_sync: bool, seen_version: int, actor: Actor, now: datetime) -> bool:
    """Switch Company Sync alone; return whether it was switched on by this. See :func:`save_company_settings`."""
    row = CompanySyncSettings.objects.first() or CompanySyncSettings()
    wanted = replace(chosen_in(row), company_sync=company_sync)
    return save_company_settings(wanted=wanted, seen_version=seen_version, actor=actor, now=now).switched_on

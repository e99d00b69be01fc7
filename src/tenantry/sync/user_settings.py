"""Reads and writes the User Sync panel: what the operator allows and the manager chose, for each provider."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Provider
from tenantry.core.user_settings import GivenRole, Leavers, ScopeRules, UserSettings, settle_user_settings
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.company_settings import SavedSettings, SettingsRefused
from tenantry.sync.models import Entitlement, UserSyncSettings

_SCOPE = ("licensed_only", "no_guests", "no_disabled", "domains", "org_units")


@dataclass(frozen=True, slots=True)
class UserSyncSwitches:
    """One provider's settings as a manager chose them, and whether an operator allows any; ``version`` counts saves.

    ``invite_since``: who came in before it is never invited by a rule.
    """

    provider: Provider
    allowed: bool
    settings: UserSettings
    invite_since: datetime | None
    version: int
    changed_at: datetime | None
    changed_by: str

    @property
    def on(self) -> bool:
        """Whether people flow in: allowed and chosen."""
        return self.allowed and self.settings.user_sync

    @property
    def invites(self) -> bool:
        """Whether people who come in are invited by the rule."""
        return self.on and self.settings.invite_automatically


def read_user_sync() -> dict[Provider, UserSyncSwitches]:
    """Return every provider's switches as they are now; all off on a marketplace that never saved any. Two queries."""
    entitlement = Entitlement.objects.first()
    rows = {row.provider: row for row in UserSyncSettings.objects.all()}
    found = {}
    for provider in Provider:
        row = rows.get(provider.value) or UserSyncSettings(provider=provider.value)
        found[provider] = UserSyncSwitches(
            provider=provider,
            allowed=entitlement is not None and getattr(entitlement, f"user_sync_{provider.value}"),
            settings=chosen_for_users(row),
            invite_since=row.invite_since,
            version=row.version,
            changed_at=row.changed_at,
            changed_by=row.changed_by_name,
        )
    return found


def chosen_for_users(row: UserSyncSettings) -> UserSettings:
    """Return the settings as a row has them."""
    return UserSettings(
        user_sync=row.user_sync,
        invite_automatically=row.invite_automatically,
        role=GivenRole(row.role),
        scope=ScopeRules(
            row.licensed_only, row.no_guests, row.no_disabled, tuple(row.domains), tuple(row.org_units),
        ),
        leavers=Leavers(row.leavers),
        precedence=row.precedence,
    )  # fmt: skip


def save_user_settings(
    *, provider: Provider, wanted: UserSettings, seen_version: int, actor: Actor, now: datetime, request_id: str = ""
) -> SavedSettings:
    """Save one provider's settings. In the marketplace's scope.

    ``seen_version`` is the version that the person saw. Raises :class:`~tenantry.sync.company_settings.SettingsRefused`
    when somebody saved meanwhile, or the operator's switch is off.
    """
    marketplace_id = current_marketplace_id()
    row, _ = UserSyncSettings.objects.select_for_update().get_or_create(
        marketplace_id=marketplace_id, provider=provider.value
    )
    _check_save(row, seen_version)
    before = _flat(chosen_for_users(row))
    saved = settle_user_settings(chosen_for_users(row), wanted, invite_since=row.invite_since, now=now)
    after = _flat(saved.settings)
    names = [name for name in after if before[name] != after[name]]
    if not names:
        return SavedSettings(changed=False)
    for name in names:
        setattr(row, name, after[name])
    row.invite_since, row.version = saved.invite_since, row.version + 1
    row.changed_at, row.changed_by_name = now, actor.name[:200]
    row.save()
    happening = Happening(
        "sync.user_settings.changed", Target("marketplace", str(marketplace_id)),
        before={"provider": provider.value} | {name: before[name] for name in names},
        after={"provider": provider.value} | {name: after[name] for name in names},
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now, request_id=request_id)
    return SavedSettings(changed=True, switched_on="user_sync" in names and saved.settings.user_sync)


def _check_save(row: UserSyncSettings, seen_version: int) -> None:
    if not Entitlement.objects.filter(**{f"user_sync_{row.provider}": True}).exists():
        name = row.get_provider_display()
        raise SettingsRefused(
            f"User Sync from {name} is not enabled for this marketplace. Ask your operator to enable it."
        )
    if row.version != seen_version:
        raise SettingsRefused(
            f"{row.changed_by_name or 'Somebody'} saved these settings after you opened the page. "
            "Look at what they are now, then decide again."
        )


def _flat(settings: UserSettings) -> dict[str, Any]:
    """Return the settings by the names of the table's columns."""
    values = asdict(settings)
    scope = values.pop("scope")
    return {
        name: list(value) if isinstance(value, tuple) else getattr(value, "value", value)
        for name, value in (values | {name: scope[name] for name in _SCOPE}).items()
    }

"""User Sync settings of each provider: reading and saving."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404
from ninja import Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.problems import Problem
from tenantry.api.shapes import Given, one_of, refuse_strange
from tenantry.connections.models import Provider
from tenantry.core.permissions import Action
from tenantry.core.user_settings import GivenRole, Leavers, ScopeRules, UserSettings, read_scope
from tenantry.sync.models import Trigger
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.requests import SyncRefused
from tenantry.sync.user_settings import UserSyncSwitches, read_user_sync, save_user_settings

area = Area("Sync settings")
_SWITCHES = ("user_sync", "invite_automatically")
_RULES = ("licensed_only", "no_guests", "no_disabled")
_ROLES = [role.value for role in GivenRole]
_LEAVERS = [each.value for each in Leavers]


class UserSettingsGiven(Given):
    """One provider's settings as they should be; what is left out stays as it is."""

    user_sync: bool | None = None
    invite_automatically: bool | None = None
    licensed_only: bool | None = None
    no_guests: bool | None = None
    no_disabled: bool | None = None
    role: str = one_of(_ROLES, None, "What people become in their company.")
    leavers: str = one_of(_LEAVERS, None, "What becomes of somebody who left.")
    domains: list[str] | None = Field(None, max_length=1_000)
    org_units: list[str] | None = Field(None, max_length=1_000)
    precedence: int | None = Field(None, ge=0, le=1_000, description="The provider with the lower number wins.")

    def wanted(self, now_are: UserSettings) -> UserSettings:
        """Return the settings on top of those there are. Raises :class:`Problem` for a scope that can't be read."""
        sent = self.model_dump(exclude_none=True)
        kept = now_are.scope
        rules = ScopeRules(**{name: sent.get(name, getattr(kept, name)) for name in _RULES})
        domains, units = sent.get("domains", kept.domains), sent.get("org_units", kept.org_units)
        read = read_scope(rules, domains="\n".join(domains), org_units="\n".join(units))
        if read.errors:
            raise Problem("invalid", "The scope can't be read.", errors=read.errors)
        refuse_strange("role", sent.get("role", now_are.role.value), _ROLES)
        refuse_strange("leavers", sent.get("leavers", now_are.leavers.value), _LEAVERS)
        return UserSettings(
            **{name: sent.get(name, getattr(now_are, name)) for name in (*_SWITCHES, "precedence")}, scope=read.rules,
            role=GivenRole(sent.get("role", now_are.role)), leavers=Leavers(sent.get("leavers", now_are.leavers)),
        )  # fmt: skip


class UserSettingsTold(Schema):
    """One provider's settings as chosen, and whether an operator allows any."""

    provider: str
    allowed: bool
    user_sync: bool
    invite_automatically: bool
    role: str
    licensed_only: bool
    no_guests: bool
    no_disabled: bool
    domains: list[str]
    org_units: list[str]
    leavers: str
    precedence: int
    invite_since: datetime | None
    version: int
    changed_at: datetime | None
    changed_by: str

    @staticmethod
    def facts(switches: UserSyncSwitches) -> dict[str, Any]:
        """Return the members of this shape."""
        chosen = switches.settings
        scope = {name: getattr(chosen.scope, name) for name in (*_RULES, "domains", "org_units")}
        plain = {name: getattr(switches, name) for name in ("allowed", "invite_since", "version", "changed_at")}
        own = {name: getattr(chosen, name) for name in (*_SWITCHES, "precedence")}
        named = {"provider": switches.provider.value, "role": chosen.role.value, "leavers": chosen.leavers.value}
        return scope | plain | own | named | {"changed_by": switches.changed_by}


class UserSettingsSaved(UserSettingsTold):
    """The settings after a save, and what the save did. ``sync_refusal`` says why no sync could start."""

    changed: bool
    run_ids: list[int] = Field(description="The runs that switching User Sync on started.")
    sync_refusal: str


def _switches(provider: str) -> UserSyncSwitches:
    if provider not in Provider.values:
        raise Http404
    return read_user_sync()[Provider(provider)]


@area.get("/settings/user-sync/{provider}", Action.CHANGE_SYNC_SETTINGS, UserSettingsTold)
def show_user_settings(call: Call, provider: str) -> Reply:
    """Show a provider's User Sync settings. The header `ETag` is what saving sends as `If-Match`."""
    switches = _switches(provider)
    return Reply(UserSettingsTold(**UserSettingsTold.facts(switches)), version=switches.version)


@area.put(
    "/settings/user-sync/{provider}", Action.CHANGE_SYNC_SETTINGS, UserSettingsSaved, versioned=True, refuses=True
)
def put_user_settings(call: Call, provider: str, given: UserSettingsGiven) -> Reply:
    """Save a provider's User Sync settings. Switching User Sync on starts a sync."""
    before = _switches(provider)
    call.check_version(before.version)
    with transaction.atomic():
        saved = save_user_settings(
            provider=before.provider, wanted=given.wanted(before.settings), seen_version=before.version, **call.told
        )
    runs, refusal = _start(call) if saved.switched_on else ([], "")
    now_are = _switches(provider)
    content = UserSettingsSaved(
        **UserSettingsTold.facts(now_are), changed=saved.changed, run_ids=runs, sync_refusal=refusal
    )
    return Reply(content, version=now_are.version)


def _start(call: Call) -> tuple[list[int], str]:
    wish = Wish(call.actor, Trigger.SETTINGS)
    try:
        with transaction.atomic():
            runs = request_people_sync(marketplace_id=call.caller.marketplace_id, wish=wish, now=call.caller.now)
    except SyncRefused as refusal:
        return [], str(refusal)
    return [run.pk for run in runs], ""

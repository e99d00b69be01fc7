"""Sync settings: reading, what saving others would do, saving; and which side wins for a linked company's fields."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from ninja import Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.field_rules import chosen_rules, rules_schema, told_rules
from tenantry.api.problems import Problem
from tenantry.api.shapes import Count, Given, count_of, refuse_strange
from tenantry.core.brakes import BOUNDS, Limits
from tenantry.core.company_settings import CompanySettings, differences, settle_settings
from tenantry.core.permissions import Action
from tenantry.core.planning.linked import FIELDS, FieldRule, Rules
from tenantry.sync.company_settings import save_company_settings
from tenantry.sync.effects import measure_backlog, roles_that_change, sources, staff_in
from tenantry.sync.field_owners import effect_of_rules, read_rules, save_rules
from tenantry.sync.models import Trigger
from tenantry.sync.requests import Asked, SyncRefused, request_sync
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync, read_limits

area = Area("Sync settings")
_LIMITS: dict[str, Any] = {
    "additionalProperties": False,
    "properties": {
        name: {"type": "integer", "minimum": least, "maximum": most} for name, (least, most) in BOUNDS.items()
    },
}
_RULES = rules_schema(FIELDS)


class SettingsTold(Schema):
    """The five settings as chosen, the limits of the brakes, and what an operator allows."""

    company_sync: bool
    create_automatically: bool
    invite_admins: bool
    sales_support: bool
    customer_support: bool
    limits: Mapping[str, int] = Field(json_schema_extra=_LIMITS)
    allowed: bool = Field(description="Whether an operator enabled Company Sync here.")
    link_allowed: bool = Field(description="Whether an operator enabled Link Company here.")
    created_since: datetime | None = Field(description="Tenants first seen before are never created by a rule.")
    version: int
    changed_at: datetime | None
    changed_by: str

    @classmethod
    def of(cls, switches: CompanySyncSwitches, limits: Limits) -> "SettingsTold":
        """Return the settings as an answer says them."""
        return cls(
            **asdict(switches.settings), limits=asdict(limits), allowed=switches.allowed,
            link_allowed=switches.link_allowed, created_since=switches.created_since, version=switches.version,
            changed_at=switches.changed_at, changed_by=switches.changed_by,
        )  # fmt: skip


class SettingsGiven(Given):
    """The settings as they should be; what is left out stays as it is."""

    company_sync: bool | None = None
    create_automatically: bool | None = None
    invite_admins: bool | None = None
    sales_support: bool | None = None
    customer_support: bool | None = None
    limits: dict[str, int] = Field(default_factory=dict, json_schema_extra=_LIMITS)

    def wanted(self, now_are: CompanySettings) -> CompanySettings:
        """Return the five settings on top of those there are."""
        sent = {each.name: getattr(self, each.name) for each in fields(CompanySettings)}
        return replace(now_are, **{name: value for name, value in sent.items() if value is not None})

    def wanted_limits(self, now_are: Limits) -> Limits:
        """Return the limits on top of those there are. Raises :class:`Problem` for one that there is not."""
        for name in self.limits:
            refuse_strange("limits", name, BOUNDS)
        most = {name: self.limits[name] for name in self.limits if abs(self.limits[name]) < 2**31}
        if len(most) < len(self.limits):
            raise Problem("invalid", "A limit is out of all bounds.", errors={"limits": "Send smaller numbers."})
        return replace(now_are, **most)


class SettingsSaved(SettingsTold):
    """The settings after a save, and what the save did. ``sync_refusal`` says why no sync could start."""

    changed: bool
    given_back: int = Field(description="Held rows that wait for a decision again.")
    run_ids: list[int] = Field(description="The runs that switching Company Sync on started.")
    sync_refusal: str


class Effect(Schema):
    """What saving would do, in numbers."""

    before: Mapping[str, bool] = Field(description="The settings that would differ, as they are.")
    after: Mapping[str, bool] = Field(description="The same, as they would be.")
    would_read: list[str] = Field(description="The connections that a sync would read at once.")
    tenants_listed: int | None = Field(description="How many tenants their last complete lists had, if known.")
    waiting: Count | None = Field(description="Pending companies that wait; null while nothing is created by rule.")
    creatable: int
    hindered: Mapping[str, int]
    roles: Mapping[str, bool] = Field(description="Support roles that would gain or lose pending companies.")
    people: Mapping[str, list[str]] = Field(description="Who has these roles.")


@area.get("/settings/sync", Action.CHANGE_SYNC_SETTINGS, SettingsTold)
def show_sync_settings(call: Call) -> Reply:
    """Show the sync settings. The header `ETag` is what saving sends as `If-Match`."""
    switches = read_company_sync()
    return Reply(SettingsTold.of(switches, read_limits()), version=switches.version)


@area.post("/settings/sync/effect", Action.CHANGE_SYNC_SETTINGS, Effect)
def preview_settings(call: Call, given: SettingsGiven) -> Effect:
    """Say what saving these settings would do. Changes nothing."""
    switches = read_company_sync()
    before, since = switches.settings, switches.created_since
    given.wanted_limits(read_limits())
    after = settle_settings(before, given.wanted(before), created_since=since, now=call.caller.now).settings
    old, new = differences(before, after)
    source = sources() if new.get("company_sync") else None
    rule = after.company_sync and after.create_automatically
    backlog = measure_backlog(invites=after.invite_admins) if rule else None
    roles = roles_that_change(before, after)
    return Effect(
        before=old, after=new, would_read=list(source.names) if source else [],
        tenants_listed=source.tenants if source else None, waiting=count_of(backlog.waiting) if backlog else None,
        creatable=backlog.creatable if backlog else 0, hindered=(backlog.hindered if backlog else None) or {},
        roles={role.value: gains for role, gains in roles.items()},
        people={role.value: staff_in(role) for role in roles},
    )  # fmt: skip


@area.put("/settings/sync", Action.CHANGE_SYNC_SETTINGS, SettingsSaved, versioned=True, refuses=True)
def save_sync_settings(call: Call, given: SettingsGiven) -> Reply:
    """Save the sync settings, all together. Switching Company Sync on starts a sync."""
    switches = read_company_sync()
    call.check_version(switches.version)
    limits = given.wanted_limits(read_limits())
    with transaction.atomic():
        saved = save_company_settings(
            wanted=given.wanted(switches.settings), limits=limits, seen_version=switches.version, **call.told
        )
    runs, refusal = _start(call) if saved.switched_on else ([], "")
    now_is = read_company_sync()
    base = SettingsTold.of(now_is, read_limits()).model_dump()
    content = SettingsSaved(
        **base, changed=saved.changed, given_back=saved.given_back, run_ids=runs, sync_refusal=refusal
    )  # fmt: skip
    return Reply(content, version=now_is.version)


def _start(call: Call) -> tuple[list[int], str]:
    asked = Asked(call.actor, Trigger.SETTINGS)
    try:
        with transaction.atomic():
            runs = request_sync(marketplace_id=call.caller.marketplace_id, asked=asked, now=call.caller.now)
    except SyncRefused as refusal:
        return [], str(refusal)
    return [run.pk for run in runs], ""


class RulesTold(Schema):
    """Which side wins for each field of linked companies."""

    rules: Mapping[str, str] = Field(json_schema_extra=_RULES)


class RulesGiven(Given):
    """Rules by field; those that are left out stay."""

    rules: dict[str, str] = Field(json_schema_extra=_RULES)

    @property
    def chosen(self) -> Rules:
        """The rules that were sent. Raises :class:`Problem` for a field or a rule that there is not."""
        return chosen_rules(self.rules, FIELDS)


class RulesEffectTold(Schema):
    """How many linked companies the rules would change now, and which fields. ``over``: there are more."""

    companies: int
    fields_changed: Mapping[str, int]
    over: bool


def _rules(rules: Mapping[str, FieldRule]) -> Reply:
    told, version = told_rules(rules)
    return Reply(RulesTold(rules=told), version=version)


@area.get("/settings/company-fields", Action.CHANGE_SYNC_SETTINGS, RulesTold)
def show_field_rules(call: Call) -> Reply:
    """Show which side wins for each field of linked companies."""
    return _rules(read_rules())


@area.post("/settings/company-fields/effect", Action.CHANGE_SYNC_SETTINGS, RulesEffectTold)
def preview_field_rules(call: Call, given: RulesGiven) -> RulesEffectTold:
    """Say how many linked companies these rules would change now. Changes nothing."""
    effect = effect_of_rules(read_rules() | dict(given.chosen))
    return RulesEffectTold(companies=effect.companies, fields_changed=effect.fields, over=effect.over)


@area.put("/settings/company-fields", Action.CHANGE_SYNC_SETTINGS, RulesTold, versioned=True)
def save_field_rules(call: Call, given: RulesGiven) -> Reply:
    """Save which side wins for each field. The next sync goes by it."""
    call.check_version(_rules(read_rules()).version)
    save_rules(rules=given.chosen, actor=call.actor, now=call.caller.now)
    return _rules(read_rules())

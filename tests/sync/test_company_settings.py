"""Saving the Company Sync panel: all together or not at all, by who may, on record."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.sync.stage import MANAGER, OPERATOR, Clock, make_connection, make_marketplace

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.core.brakes import Limits
from tenantry.core.company_settings import CompanySettings
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.company_settings import SavedSettings, SettingsRefused, save_company_settings
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.models import CompanySyncSettings, Entitlement
from tenantry.sync.switches import read_company_sync, read_limits

OFF = CompanySettings()
ON = CompanySettings(company_sync=True, sales_support=True, customer_support=True)
CREATING = replace(ON, create_automatically=True)


@pytest.fixture
def place(connection: Connection, clock: Clock) -> int:
    return make_marketplace("Northwind", clock, connection, on=False)


def save(place: int, wanted: CompanySettings, *, now: datetime, limits: Limits | None = None) -> SavedSettings:
    with marketplace_scope(place):
        seen = read_company_sync().version
        return save_company_settings(wanted=wanted, seen_version=seen, actor=MANAGER, now=now, limits=limits)


def settings_of(place: int) -> CompanySyncSettings:
    with marketplace_scope(place):
        return CompanySyncSettings.objects.get()


def test_switching_company_sync_on_switches_both_support_roles_on_and_off_again_with_it(
    place: int, clock: Clock
) -> None:
    assert save(place, CompanySettings(company_sync=True), now=clock()).switched_on
    with marketplace_scope(place):
        assert read_company_sync().settings == ON
        assert read_company_sync().pending_open_to(Role.SALES_SUPPORT)
    save(place, replace(ON, sales_support=False), now=clock())
    with marketplace_scope(place):
        assert not read_company_sync().pending_open_to(Role.SALES_SUPPORT)
        assert read_company_sync().pending_open_to(Role.CUSTOMER_SUPPORT)
    assert not save(place, replace(ON, company_sync=False), now=clock()).switched_on
    with marketplace_scope(place):
        assert read_company_sync().settings == OFF


def test_creating_and_inviting_keep_their_value_and_have_no_effect_while_company_sync_is_off(
    place: int, clock: Clock
) -> None:
    save(place, CompanySettings(create_automatically=True, invite_admins=True), now=clock())
    with marketplace_scope(place):
        switches = read_company_sync()
        assert (switches.chosen_create_automatically, switches.chosen_invite_admins) == (True, True)
        assert (switches.creates_automatically, switches.invites_admins) == (False, False)
    save(place, replace(ON, create_automatically=True, invite_admins=True), now=clock())
    with marketplace_scope(place):
        assert read_company_sync().creates_automatically
        assert read_company_sync().invites_admins


def test_linking_is_possible_only_while_enabled_on_and_without_automatic_creation(place: int, clock: Clock) -> None:
    with marketplace_scope(place):
        Entitlement.objects.update(link_company=True)
    seen = []
    for wanted in (OFF, ON, CREATING, replace(CREATING, company_sync=False), ON):
        save(place, wanted, now=clock())
        with marketplace_scope(place):
            seen.append(read_company_sync().links)
    assert seen == [False, True, False, False, True]
    with marketplace_scope(place):
        Entitlement.objects.update(link_company=False)
        assert not read_company_sync().links


def test_since_when_tenants_are_new_is_kept_from_switching_automatic_creation_on_to_switching_it_off(
    place: int, clock: Clock
) -> None:
    began = clock()
    save(place, CREATING, now=began)
    clock.pass_time(days=1)
    save(place, replace(CREATING, invite_admins=True), now=clock())
    assert settings_of(place).create_automatically_since == began
    save(place, ON, now=clock())
    assert settings_of(place).create_automatically_since is None
    save(place, CREATING, now=clock())
    assert settings_of(place).create_automatically_since == began + timedelta(days=1)


def test_who_saved_what_is_on_the_page_and_on_record(place: int, clock: Clock) -> None:
    save(place, replace(ON, invite_admins=True), now=clock(), limits=Limits(invitations_per_hour=10))
    row = settings_of(place)
    assert (row.changed_by_name, row.changed_at, row.version) == ("Mia Manager", clock(), 1)
    with marketplace_scope(place):
        event = Event.objects.get(action="sync.company_settings.changed")
    assert event.before == {
        "company_sync": False, "invite_admins": False, "sales_support": False, "customer_support": False,
        "invitations_per_hour": 50,
    }  # fmt: skip
    assert event.after == {
        "company_sync": True, "invite_admins": True, "sales_support": True, "customer_support": True,
        "invitations_per_hour": 10,
    }  # fmt: skip


def test_saving_what_is_saved_changes_nothing_and_records_nothing(place: int, clock: Clock) -> None:
    save(place, ON, now=clock(), limits=Limits())
    clock.pass_time(days=1)
    assert save(place, ON, now=clock(), limits=Limits()) == SavedSettings(changed=False)
    assert settings_of(place).version == 1
    with marketplace_scope(place):
        assert Event.objects.filter(action="sync.company_settings.changed").count() == 1


def test_somebody_who_saved_meanwhile_is_named_and_nothing_of_the_second_save_stays(place: int, clock: Clock) -> None:
    save(place, ON, now=clock())
    with marketplace_scope(place), pytest.raises(SettingsRefused, match="Mia Manager saved these settings"):
        save_company_settings(
            wanted=OFF, limits=Limits(1, 1, 1), seen_version=0, actor=OPERATOR, now=clock()
        )  # fmt: skip
    with marketplace_scope(place):
        assert read_company_sync().settings == ON
        assert read_limits() == Limits()


def test_without_the_operator_s_switch_nothing_of_the_panel_is_saved(place: int, clock: Clock) -> None:
    save(place, CREATING, now=clock())
    with marketplace_scope(place):
        set_entitlement(company_sync=False, actor=OPERATOR, now=clock())
    for wanted in (OFF, replace(CREATING, invite_admins=True)):
        with pytest.raises(SettingsRefused, match="not enabled for this marketplace"):
            save(place, wanted, now=clock())
    with marketplace_scope(place):
        switches = read_company_sync()
        assert switches.settings == CREATING
        assert not any((switches.on, switches.creates_automatically, switches.links))
        assert not switches.pending_open_to(Role.SALES_SUPPORT)


@pytest.mark.parametrize("limits", [Limits(creations_per_run=-1), Limits(invitations_per_hour=0), Limits(10**9)])
def test_a_limit_that_is_none_refuses_the_whole_save(limits: Limits, place: int, clock: Clock) -> None:
    with pytest.raises(SettingsRefused, match="Give a number from") as refused:
        save(place, ON, now=clock(), limits=limits)
    assert len(refused.value.errors) == 1
    with marketplace_scope(place):
        assert read_company_sync().settings == OFF
        assert read_limits() == Limits()


def test_the_limits_are_those_of_the_marketplace(place: int, connection: Connection, clock: Clock) -> None:
    other = make_marketplace("Other", clock, make_connection("Other", clock))
    save(place, OFF, now=clock(), limits=Limits(1, 2, 3))
    with marketplace_scope(place):
        assert read_limits() == Limits(1, 2, 3)
    with marketplace_scope(other):
        assert read_limits() == Limits()

"""Saving the User Sync panel: one provider at a time, by who may, on record."""

from dataclasses import replace

import pytest
from tests.sync.stage import MANAGER, Clock, make_marketplace

from tenantry.audit.models import Event
from tenantry.connections.models import Connection, Provider
from tenantry.core.user_settings import GivenRole, Leavers, ScopeRules, UserSettings
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.company_settings import SavedSettings, SettingsRefused
from tenantry.sync.models import Entitlement, UserSyncSettings
from tenantry.sync.user_settings import read_user_sync, save_user_settings

ALL_SET = UserSettings(
    user_sync=True,
    invite_automatically=True,
    role=GivenRole.ADMINISTRATOR,
    scope=ScopeRules(licensed_only=True, no_guests=True, domains=("contoso.com",), org_units=("/sales",)),
    leavers=Leavers.DEACTIVATE,
    precedence=3,
)


@pytest.fixture
def place(connection: Connection, clock: Clock) -> int:
    return make_marketplace("Northwind", clock, connection)


def _allow(place: int, *, microsoft: bool = True, google: bool = False) -> None:
    with marketplace_scope(place):
        Entitlement.objects.update(user_sync_microsoft=microsoft, user_sync_google=google)


def _save(place: int, wanted: UserSettings, clock: Clock, *, seen: int = 0) -> SavedSettings:
    with marketplace_scope(place):
        return save_user_settings(
            provider=Provider.MICROSOFT, wanted=wanted, seen_version=seen, actor=MANAGER, now=clock()
        )  # fmt: skip


def test_all_is_off_until_a_manager_saves_and_then_as_saved_for_that_provider_alone(place: int, clock: Clock) -> None:
    _allow(place, google=True)
    with marketplace_scope(place):
        before = read_user_sync()
    assert [(each.allowed, each.on, each.settings) for each in before.values()] == [(True, False, UserSettings())] * 2
    assert _save(place, ALL_SET, clock) == SavedSettings(changed=True, switched_on=True)
    with marketplace_scope(place):
        after = read_user_sync()
    microsoft = after[Provider.MICROSOFT]
    assert (microsoft.settings, microsoft.on, microsoft.invites) == (ALL_SET, True, True)
    assert (microsoft.invite_since, microsoft.changed_by, microsoft.version) == (clock(), MANAGER.name, 1)
    assert after[Provider.GOOGLE] == before[Provider.GOOGLE]


def test_what_was_changed_is_on_record_and_saving_the_same_again_is_nothing(place: int, clock: Clock) -> None:
    _allow(place)
    _save(place, UserSettings(user_sync=True, scope=ScopeRules(domains=("contoso.com",))), clock)
    with marketplace_scope(place):
        event = Event.objects.get(action="sync.user_settings.changed")
    assert event.before == {"provider": "microsoft", "user_sync": False, "domains": []}
    assert event.after == {"provider": "microsoft", "user_sync": True, "domains": ["contoso.com"]}
    again = _save(place, UserSettings(user_sync=True, scope=ScopeRules(domains=("contoso.com",))), clock, seen=1)
    assert again == SavedSettings(changed=False)
    with marketplace_scope(place):
        assert Event.objects.filter(action="sync.user_settings.changed").count() == 1


def test_what_the_operator_did_not_allow_is_refused_and_has_no_effect_when_it_is_taken_back(
    place: int, clock: Clock
) -> None:
    with pytest.raises(SettingsRefused, match=r"User Sync from Microsoft is not enabled .* Ask your operator"):
        _save(place, ALL_SET, clock)
    with marketplace_scope(place):
        assert not UserSyncSettings.objects.filter(user_sync=True).exists()
    _allow(place)
    _save(place, ALL_SET, clock)
    _allow(place, microsoft=False)
    with marketplace_scope(place):
        switches = read_user_sync()[Provider.MICROSOFT]
    assert (switches.settings.user_sync, switches.on, switches.invites) == (True, False, False)


def test_somebody_who_saved_meanwhile_is_named_and_nothing_is_overwritten(place: int, clock: Clock) -> None:
    _allow(place)
    _save(place, ALL_SET, clock)
    with pytest.raises(SettingsRefused, match="saved these settings after you opened the page"):
        _save(place, replace(ALL_SET, user_sync=False), clock)
    with marketplace_scope(place):
        assert read_user_sync()[Provider.MICROSOFT].settings == ALL_SET

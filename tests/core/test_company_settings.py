"""The table of the five settings, row by row (features.md section 1.2)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.company_settings import CompanySettings, Saved, differences, settle_settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=3)
SETTINGS = st.builds(CompanySettings, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
ON = CompanySettings(company_sync=True, sales_support=True, customer_support=True)


def save(before: CompanySettings, wanted: CompanySettings, since: datetime | None = None) -> Saved:
    return settle_settings(before, wanted, created_since=since, now=NOW)


def test_on_a_new_marketplace_all_is_off() -> None:
    assert not any(differences(CompanySettings(), ON)[0].values())
    assert CompanySettings() == CompanySettings(
        company_sync=False, create_automatically=False, invite_admins=False, sales_support=False, customer_support=False
    )


@given(SETTINGS, SETTINGS)
def test_the_support_roles_settings_go_on_and_off_with_company_sync(
    before: CompanySettings, wanted: CompanySettings
) -> None:
    after = save(before, wanted).settings
    if before.company_sync and wanted.company_sync:
        assert (after.sales_support, after.customer_support) == (wanted.sales_support, wanted.customer_support)
    else:
        assert {after.sales_support, after.customer_support} == {wanted.company_sync}


@given(SETTINGS, SETTINGS)
def test_creating_and_inviting_keep_what_was_chosen_whatever_company_sync_is(
    before: CompanySettings, wanted: CompanySettings
) -> None:
    after = save(before, wanted).settings
    assert after.company_sync == wanted.company_sync
    assert after.create_automatically == wanted.create_automatically
    assert after.invite_admins == wanted.invite_admins


@given(SETTINGS)
def test_saving_what_is_saved_changes_nothing(wanted: CompanySettings) -> None:
    saved = save(CompanySettings(), wanted, None)
    again = settle_settings(saved.settings, saved.settings, created_since=saved.created_since, now=NOW + timedelta(1))
    assert again == saved


def test_automatic_creation_counts_from_the_moment_it_is_switched_on_until_it_is_switched_off() -> None:
    creating = CompanySettings(company_sync=True, create_automatically=True)
    assert save(ON, creating).created_since == NOW
    assert save(creating, creating, BEFORE).created_since == BEFORE
    assert save(creating, ON, BEFORE).created_since is None
    assert save(ON, creating, None).created_since == NOW


def test_switching_company_sync_off_and_on_does_not_begin_automatic_creation_anew() -> None:
    creating = CompanySettings(company_sync=True, create_automatically=True)
    paused = CompanySettings(create_automatically=True)
    assert save(creating, paused, BEFORE).created_since == BEFORE
    assert save(paused, creating, BEFORE).created_since == BEFORE


def test_only_what_differs_is_told() -> None:
    assert differences(ON, ON) == ({}, {})
    assert differences(CompanySettings(), CompanySettings(invite_admins=True)) == (
        {"invite_admins": False},
        {"invite_admins": True},
    )

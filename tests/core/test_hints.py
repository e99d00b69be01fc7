"""What a hint asks for, whom it names, and how old it may be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.hints import REPLAY_WINDOW, Wanted, is_timely, tenant_named, wanted_by

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TENANT = "3d1c0000-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("reseller-relationship-accepted-by-customer", Wanted.TENANT),
        ("update_customer_billing_profile", Wanted.TENANT),
        ("create_customer_user", Wanted.PEOPLE),
        ("granular-admin-relationship-terminated", Wanted.ACCESS),
        ("dap_admin_relationship_terminated_by_microsoft", Wanted.ACCESS),
        ("subscription-updated", Wanted.NOTHING),
        ("test-created", Wanted.NOTHING),
        ("something_that_microsoft_adds_next_year", Wanted.NOTHING),
    ],
)
def test_names_of_both_kinds_ask_for_the_same_and_unknown_ones_for_nothing(name: str, wanted: Wanted) -> None:
    assert wanted_by(name) == wanted_by(name.upper().replace("_", "-")) == wanted


@given(st.text())
def test_whatever_is_written_names_a_tenant_by_its_id_or_nobody(text: str) -> None:
    assert wanted_by(text) in Wanted
    assert tenant_named(text) == "" or len(tenant_named(text)) == 36
    assert tenant_named(f"https://evil.example/v1/customers/{TENANT.upper()}/users?{text}") == TENANT


def test_a_notification_is_timely_for_three_days_and_never_of_tomorrow() -> None:
    ages = {timedelta(0): True, REPLAY_WINDOW: True, REPLAY_WINDOW + timedelta(seconds=1): False}
    assert {age: is_timely(NOW - age, now=NOW) for age in ages} == ages
    assert is_timely(NOW + timedelta(minutes=9), now=NOW)
    assert not is_timely(NOW + timedelta(hours=1), now=NOW)

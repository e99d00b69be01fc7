"""What is read of a typed scope, and what saving the User Sync panel makes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.core.user_settings import ScopeRules, UserSettings, read_scope, settle_user_settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_NO_UNIT = "'{}' is no organisational unit. Write its path, like /sales/north."
_MANY = " ".join(f"d{n}.com" for n in range(201))
ON = UserSettings(user_sync=True, invite_automatically=True)


def test_domains_and_units_are_read_in_any_spelling_once_and_in_order() -> None:
    typed = read_scope(
        ScopeRules(no_guests=True),
        domains="Fabrikam.com, contoso.com\ncontoso.COM;",
        org_units=" /Sales/North/\n\n/it\n/IT",
    )
    assert typed.errors == {}
    assert typed.rules == ScopeRules(
        no_guests=True, domains=("contoso.com", "fabrikam.com"), org_units=("/it", "/sales/north")
    )


@pytest.mark.parametrize(
    ("domains", "org_units", "wrong"),
    [
        ("contoso", "", {"domains": "'contoso' is no domain. Write it like contoso.com."}),
        ("", "sales", {"org_units": _NO_UNIT.format("sales")}),
        ("", "/" + "x" * 1_001, {"org_units": _NO_UNIT.format("/" + "x" * 79)}),
        (_MANY, "", {"domains": "At most 200 entries can be listed; these are 201."}),
    ],
)  # fmt: skip
def test_what_is_no_domain_and_no_unit_is_refused_in_a_sentence(
    domains: str, org_units: str, wrong: dict[str, str]
) -> None:
    assert read_scope(ScopeRules(), domains=domains, org_units=org_units).errors == wrong


def test_inviting_counts_from_the_moment_that_both_switches_are_on() -> None:
    off = UserSettings(invite_automatically=True)
    assert settle_user_settings(UserSettings(), off, invite_since=None, now=NOW).invite_since is None
    assert settle_user_settings(off, ON, invite_since=None, now=NOW).invite_since == NOW
    later = NOW + timedelta(days=1)
    assert settle_user_settings(ON, ON, invite_since=NOW, now=later).invite_since == NOW
    assert settle_user_settings(ON, off, invite_since=NOW, now=later).invite_since is None

"""The User Sync panel of the Sync settings: what Save does, together with the rest of the page or not at all."""

from typing import Any

import pytest
from tests.web.cast import Cast
from tests.web.directories import Somebody, add_directory, name_licence
from tests.web.people import add_company
from tests.web.reading import text_of

from tenantry.connections.models import Provider
from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.core.user_settings import GivenRole, Leavers, ScopeRules
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Entitlement
from tenantry.sync.switches import read_company_sync
from tenantry.sync.user_settings import UserSyncSwitches, read_user_sync

PAGE = "/settings/data-sync/"
EFFECT = "/settings/data-sync/effect/"


def _allow(cast: Cast, *providers: str) -> None:
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(**{f"user_sync_{provider}": True for provider in providers})


def _sent(provider: str = "microsoft", **given: str) -> dict[str, str]:
    fields = {"version_of": "0", "role": "user", "leavers": "report_only", **given}
    return {f"{provider}-{name}": value for name, value in fields.items()}


def _save(cast: Cast, *panels: dict[str, str], address: str = PAGE, **company: str) -> Any:
    together = {name: value for panel in panels for name, value in panel.items()}
    return cast.client("owner").post(address, {"version_of": "0", **company, **together})


def _saved(cast: Cast) -> dict[Provider, UserSyncSwitches]:
    with marketplace_scope(cast.northwind.pk):
        return read_user_sync()


def test_until_an_operator_enables_it_the_panel_says_whom_to_ask_and_the_server_keeps_to_it(cast: Cast) -> None:
    words = text_of(cast.client("owner").get(PAGE))
    assert words.count("Ask the operator of this installation.") == 2
    assert "An operator enables User Sync from Google Workspace" in words
    _save(cast, _sent(user_sync="on"))
    assert not any(each.settings.user_sync for each in _saved(cast).values())


def test_all_of_a_provider_s_panel_is_saved_with_the_rest_of_the_page_and_shown_again(cast: Cast) -> None:
    _allow(cast, "microsoft", "google")
    microsoft = _sent(
        user_sync="on", invite_automatically="on", role="administrator", licensed_only="on", no_guests="on",
        domains="Contoso.com, fabrikam.com", leavers="deactivate",
    )  # fmt: skip
    google = _sent("google", org_units="/Sales\n/it/")
    assert _save(cast, microsoft, google, company_sync="on", people_first="google").status_code == 302
    saved = _saved(cast)
    ours = saved[Provider.MICROSOFT].settings
    assert (ours.user_sync, ours.invite_automatically, ours.role) == (True, True, GivenRole.ADMINISTRATOR)
    domains = ("contoso.com", "fabrikam.com")
    assert ours.scope == ScopeRules(licensed_only=True, no_guests=True, domains=domains)
    assert (ours.leavers, ours.precedence) == (Leavers.DEACTIVATE, 1)
    assert (saved[Provider.GOOGLE].settings.precedence, saved[Provider.GOOGLE].on) == (0, False)
    assert saved[Provider.GOOGLE].settings.scope == ScopeRules(org_units=("/it", "/sales"))
    with marketplace_scope(cast.northwind.pk):
        assert read_company_sync().chosen
    page = cast.client("owner").get(PAGE)
    html, words = page.content.decode(), text_of(page)
    assert 'name="microsoft-user_sync" checked' in html
    assert "contoso.com fabrikam.com" in html
    assert "Saved: User Sync is on." in words


def test_a_rule_that_no_interface_of_the_provider_can_answer_is_disabled_with_the_reason(cast: Cast) -> None:
    _allow(cast, "microsoft", "google")
    html = cast.client("owner").get(PAGE).content.decode()
    microsoft, google = (
        html.split(f'id="set-{name}-org_units"')[1].split("</div>")[0] for name in ("microsoft", "google")
    )
    assert " disabled>" in microsoft
    assert "directories have no organisational units" in microsoft
    assert " disabled>" not in google


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"domains": "contoso"}, "&#x27;contoso&#x27; is no domain."),
        ({"org_units": "sales"}, "&#x27;sales&#x27; is no organisational unit."),
    ],
)
def test_what_cannot_be_kept_is_told_beside_it_and_nothing_of_the_page_is_saved(
    given: dict[str, str], told: str, cast: Cast
) -> None:
    _allow(cast, "google")
    answer = _save(cast, _sent("google", user_sync="on", **given), company_sync="on")
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not _saved(cast)[Provider.GOOGLE].settings.user_sync
    with marketplace_scope(cast.northwind.pk):
        assert not read_company_sync().chosen


def test_somebody_who_saved_one_panel_meanwhile_keeps_both_as_they_are(cast: Cast) -> None:
    _allow(cast, "microsoft")
    _save(cast, _sent(user_sync="on"))
    answer = _save(cast, _sent(no_guests="on"), company_sync="on")
    assert answer.status_code == 409
    assert "Max Owner saved these settings after you opened the page" in text_of(answer)
    assert _saved(cast)[Provider.MICROSOFT].settings.scope == ScopeRules()
    with marketplace_scope(cast.northwind.pk):
        assert not read_company_sync().chosen


@pytest.mark.parametrize("given", [{"version_of": "x"}, {"role": "owner"}, {"leavers": ""}])
def test_a_panel_that_was_changed_on_the_way_changes_nothing(given: dict[str, str], cast: Cast) -> None:
    _allow(cast, "microsoft")
    assert _save(cast, _sent(user_sync="on", **given)).status_code == 400
    assert not _saved(cast)[Provider.MICROSOFT].settings.user_sync


def test_user_sync_alone_can_be_saved_where_company_sync_is_not_enabled(cast: Cast) -> None:
    _allow(cast, "google")
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(company_sync=False)
    assert _save(cast, _sent("google", user_sync="on")).status_code == 302
    assert _saved(cast)[Provider.GOOGLE].on


def test_trying_out_saves_nothing_and_shows_what_was_tried(cast: Cast) -> None:
    _allow(cast, "google")
    answer = _save(cast, _sent("google", user_sync="on", domains="contoso.com"), address=EFFECT)
    assert 'name="google-user_sync" checked' in answer.content.decode()
    assert not _saved(cast)[Provider.GOOGLE].settings.user_sync


def test_who_would_flow_in_is_counted_with_examples_and_reasons_before_anything_is_saved(cast: Cast) -> None:
    _allow(cast, "microsoft")
    alpine = add_company(cast.northwind, "Alpine", "alpine.example")
    add_directory(
        alpine, cast.connection, Somebody("Anna In", "anna@alpine.example", licences=("a",)),
        Somebody("Bob Bare", "bob@alpine.example", reason=Reason.NOT_LICENSED),
    )  # fmt: skip
    name_licence("a", "Microsoft 365 E3")
    words = text_of(_save(cast, _sent(user_sync="on", licensed_only="on"), address=EFFECT))
    assert "Microsoft 365: 1 in, 1 out. For example Anna In (Microsoft 365 E3)." in words
    assert f"1: {SENTENCES[Reason.NOT_LICENSED]} For example Bob Bare." in words
    assert "2 in, 0 out" in text_of(_save(cast, _sent(user_sync="on"), address=EFFECT))
    assert "nobody is known yet" not in words
    assert not _saved(cast)[Provider.MICROSOFT].settings.user_sync
    _save(cast, _sent(user_sync="on"))
    off = text_of(_save(cast, _sent(version_of="1"), address=EFFECT))
    assert "Nobody comes in from Microsoft 365 any more." in off

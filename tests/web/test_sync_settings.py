"""Sync settings: what Save does, and everything that keeps it from doing so."""

from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.web.cast import OPERATOR, Cast
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage

from tenantry.audit.models import Event
from tenantry.core.brakes import BOUNDS, Limits
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.company_settings import save_limits
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.matching.refreshing import match_all
from tenantry.sync.models import CompanySyncSettings, Run, Trigger
from tenantry.sync.switches import read_company_sync, read_limits

PAGE = "/settings/data-sync/"


def _save(cast: Cast, *, on: bool, version: object, who: str = "owner") -> Any:
    given = {"version_of": version, **({"company_sync": "on"} if on else {})}
    return cast.client(who).post(PAGE, given)


def _now_on(cast: Cast) -> bool:
    with marketplace_scope(cast.northwind.pk):
        return read_company_sync().chosen


def _runs(cast: Cast) -> list[Run]:
    with marketplace_scope(cast.northwind.pk):
        return list(Run.objects.all())


def _forbid(cast: Cast) -> None:
    with marketplace_scope(cast.northwind.pk):
        set_entitlement(company_sync=False, actor=OPERATOR, now=timezone.now())


def test_on_a_new_marketplace_all_is_off_and_nobody_changed_it(cast: Cast) -> None:
    answer = cast.client("owner").get(PAGE)
    assert 'name="company_sync" checked' not in answer.content.decode()
    assert "Never changed" in text_of(answer)


def test_switching_on_saves_says_so_and_starts_a_sync_at_once(cast: Cast) -> None:
    answer = _save(cast, on=True, version=0)
    assert answer.headers["Location"] == PAGE
    assert _now_on(cast)
    (run,) = _runs(cast)
    assert (run.trigger, run.requested_by) == (Trigger.SETTINGS, "Max Owner")
    assert ProcrastinateJob.objects.filter(task_name="tenantry.sync.tasks.observe").count() == 1
    words = text_of(cast.client("owner").get(PAGE))
    assert "A sync has started" in words
    assert "Changed by Max Owner" in words


def test_saving_on_again_starts_no_second_sync(cast: Cast) -> None:
    _save(cast, on=True, version=0)
    _save(cast, on=True, version=1)
    assert len(_runs(cast)) == 1


def test_switching_off_saves_and_starts_nothing(cast: Cast) -> None:
    _save(cast, on=True, version=0)
    _save(cast, on=False, version=1)
    assert not _now_on(cast)
    assert len(_runs(cast)) == 1


def test_who_saved_and_what_is_on_record(cast: Cast) -> None:
    _save(cast, on=True, version=0)
    with marketplace_scope(cast.northwind.pk):
        event = Event.objects.get(action="sync.company_settings.changed")
    assert (event.actor_name, event.actor_kind) == ("Max Owner", "account")
    assert event.after == {"company_sync": True, "sales_support": True, "customer_support": True}


def test_somebody_who_saved_meanwhile_is_named_and_nothing_is_overwritten(cast: Cast) -> None:
    cast.enter("operator", cast.northwind)
    _save(cast, on=True, version=0, who="operator")
    answer = _save(cast, on=False, version=0)
    assert answer.status_code == 409
    assert "Olga Operator saved these settings after you opened the page" in text_of(answer)
    assert _now_on(cast)
    assert 'name="version_of" value="1"' in answer.content.decode()


def test_without_the_operator_s_switch_the_page_is_disabled_and_says_whom_to_ask(cast: Cast) -> None:
    _forbid(cast)
    answer = cast.client("owner").get(PAGE)
    assert 'name="company_sync" disabled' in answer.content.decode()
    assert "Ask the operator of this installation." in text_of(answer)


def test_without_the_operator_s_switch_the_server_refuses_as_well(cast: Cast) -> None:
    _forbid(cast)
    answer = _save(cast, on=True, version=0)
    assert answer.status_code == 409
    assert "Company Sync is not enabled for this marketplace. Ask your operator" in text_of(answer)
    assert not _now_on(cast)
    assert _runs(cast) == []
    with marketplace_scope(cast.northwind.pk):
        assert not CompanySyncSettings.objects.exists()


def test_a_disabled_switch_that_the_browser_does_not_send_keeps_its_value(cast: Cast) -> None:
    _save(cast, on=True, version=0)
    _forbid(cast)
    assert _save(cast, on=False, version=1).status_code == 409
    assert _now_on(cast)


@pytest.mark.parametrize("version", ["", "x", "-1", "1e9", str(2**40), "\0"])
def test_a_form_that_was_changed_on_the_way_changes_nothing(version: str, cast: Cast) -> None:
    assert _save(cast, on=True, version=version).status_code == 400
    assert not _now_on(cast)


def test_when_no_sync_can_start_the_setting_is_saved_and_the_reason_told(cast: Cast) -> None:
    cast.connection.enabled = False
    cast.connection.save()
    _save(cast, on=True, version=0)
    words = text_of(cast.client("owner").get(PAGE))
    assert _now_on(cast)
    assert "No sync could start: No connection feeds this marketplace." in words
    assert "switched off" in words


def test_the_connections_that_feed_the_marketplace_are_shown_with_their_state(cast: Cast) -> None:
    words = text_of(cast.client("owner").get(PAGE))
    assert "Partner Center EU" in words
    assert "not read yet" in words


def test_other_marketplaces_settings_stay_as_they_are(cast: Cast) -> None:
    _save(cast, on=True, version=0)
    with marketplace_scope(cast.contoso.pk):
        assert not read_company_sync().chosen


ALL_ON = {"company_sync": "on", "create_automatically": "on", "invite_admins": "on"}


def _effect(cast: Cast, given: dict[str, str], *, htmx: bool = True) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return cast.client("owner").post(f"{PAGE}effect/", {"version_of": "0", **given}, headers=headers)


def test_preview_says_in_numbers_what_switching_on_would_do_and_saves_nothing(cast: Cast) -> None:
    words = text_of(_effect(cast, ALL_ON))
    for part in (
        "A sync of Partner Center EU starts at once.",
        "The first ones are held for your release; after that, a sync that would create more than 25.",
        "0 e-mails leave before you release the first companies.",
        "At most 50 leave in an hour.",
        "Sales Support (Kim Colleague) can work on Pending companies.",
        "Customer Support (nobody has this role now) can work on Pending companies.",
    ):
        assert part in words, part
    assert not _now_on(cast)


def test_preview_counts_what_waits_and_why_a_rule_would_not_create_some_of_it(cast: Cast, stage: Stage) -> None:
    shared = [Customer(f"Shared {number}", f"s{number}.example", email="bo@books.example") for number in range(2)]
    good = [Customer(f"Good {number}", f"g{number}.example", email=f"ada@g{number}.example") for number in range(3)]
    stage.sync([*shared, *good, Customer("Nobody", "n.example", contact="", email="")])
    match_all(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    words = text_of(_effect(cast, {**ALL_ON, "sales_support": "on"}))
    assert "6 already waiting stay for a person. Of these, 3 could be created in bulk." in words
    assert "1 has a problem of its own" in words
    assert "2 contact shared with another tenant" in words
    assert "Customer Support (nobody has this role now) has no access to Pending companies from the next click" in words


def test_preview_of_switching_off_says_who_loses_access_and_what_stays(cast: Cast, stage: Stage) -> None:
    words = text_of(_effect(cast, {}))
    assert "No new tenants flow in" in words
    assert "Sales Support (Kim Colleague) has no access to Pending companies from the next click." in words


def test_without_scripts_preview_shows_the_page_with_what_is_tried_out(cast: Cast) -> None:
    answer = _effect(cast, ALL_ON, htmx=False)
    assert 'name="create_automatically" checked' in answer.content.decode()
    assert "Not saved yet." in text_of(answer)
    assert "A sync of Partner Center EU starts at once." in text_of(answer)
    assert not _now_on(cast)


def test_each_setting_without_effect_says_so_in_its_place(cast: Cast) -> None:
    words = text_of(cast.client("owner").get(PAGE))
    assert words.count("No effect while Company Sync is off.") == 2
    assert words.count("Switched on and off together with Company Sync") == 2
    _save(cast, on=True, version=0)
    words = text_of(cast.client("owner").get(PAGE))
    assert "No effect" not in words
    assert "Switched on and off together" not in words


def test_the_limits_are_saved_with_the_settings_and_a_wrong_one_saves_nothing(cast: Cast) -> None:
    client = cast.client("owner")
    limits = {"creations_per_run": "10", "invitations_ask_above": "100", "invitations_per_hour": "0"}
    answer = client.post(PAGE, {"version_of": "0", "company_sync": "on", **limits})
    assert answer.status_code == 422
    assert "Give a number from 1 to 1,000." in text_of(answer)
    assert not _now_on(cast)
    client.post(PAGE, {"version_of": "0", "company_sync": "on", **limits, "invitations_per_hour": "7"})
    assert _now_on(cast)
    with marketplace_scope(cast.northwind.pk):
        assert read_limits() == Limits(10, 100, 7)


def test_every_limit_can_be_set_and_put_back_to_its_default_and_that_is_on_record(cast: Cast) -> None:
    client = cast.client("owner")
    page = client.get(PAGE)
    for name in BOUNDS:
        assert f'name="{name}"' in page.content.decode(), name
    words = text_of(page)
    assert "Tenants every 60 minutes · people every 24 hours" in words
    sent = {name: str(least) for name, (least, _) in BOUNDS.items()}
    client.post(PAGE, {"version_of": "0", "company_sync": "on", **sent})
    with marketplace_scope(cast.northwind.pk):
        assert read_limits() == Limits(**{name: least for name, (least, _) in BOUNDS.items()})
        event = Event.objects.filter(action="sync.company_settings.changed").latest("id")
    assert event.before is not None
    assert event.after is not None
    assert (event.before["removals_company_percent"], event.after["removals_company_percent"]) == (20, 1)
    tried = client.post(PAGE, {"version_of": "1", "company_sync": "on", **sent, "do": "default-limits"})
    assert 'name="removals_company_percent" value="20"' in tried.content.decode()
    assert "Not saved yet" in text_of(tried)
    with marketplace_scope(cast.northwind.pk):
        assert read_limits().removals_company_percent == 1
        assert save_limits(limits=Limits(), actor=cast.actor("owner"), now=timezone.now())
        assert read_limits() == Limits()

"""Sync settings: what Save does, and everything that keeps it from doing so."""

from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.web.cast import OPERATOR, Cast
from tests.web.reading import text_of

from tenantry.audit.models import Event
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.company_settings import set_entitlement
from tenantry.sync.models import CompanySyncSettings, Run, Trigger
from tenantry.sync.switches import read_company_sync

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

"""Notices: told once for each change of state and once when it is well again, in the app and by e-mail."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings
from tests.sync.automatic_stage import CREATING, Play
from tests.sync.stage import MANAGER, Clock

from tenantry.accounts.models import Account
from tenantry.accounts.services import create_account
from tenantry.core.permissions import Role
from tenantry.emulator.mailbox import MailSink
from tenantry.isolation.scope import marketplace_scope
from tenantry.mail import LANGUAGES, MailServer, MailSetup, Person, Tls
from tenantry.mail.languages import sections, words_of
from tenantry.marketplace.services import give_role
from tenantry.sync.holds.applying import expire_approvals
from tenantry.sync.models import ChangeState, Hold, HoldState, Notice, OperatorNotice, PendingCompany
from tenantry.sync.notices import mark_all_read, mark_read, tell_managers, tell_operators
from tenantry.sync.notices.letters import send_notice_now
from tenantry.sync.notices.purging import forget_notices
from tenantry.sync.notices.queries import count_unread
from tenantry.sync.notices.words import notice_words
from tenantry.sync.upkeep import purge_history


@pytest.fixture
def sink(tmp_path: Path, settings: Settings) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mailbox") as running:
        server = MailServer("127.0.0.1", running.port, Tls.NONE)
        settings.MAIL = MailSetup(server, Person("store@tenantry.example", "Tenantry"), "http://testserver")
        yield running


def account(name: str, *, operator: bool = False, language: str = "", clock: Clock) -> Account:
    made = create_account(
        email=f"{name}@people.example", name=name.title(), password="correct-horse", is_operator=operator, now=clock()
    )
    Account.objects.filter(pk=made.pk).update(language=language)
    return made


def manager(play: Play, name: str, language: str = "") -> Account:
    made = account(name, language=language, clock=play.clock)
    with marketplace_scope(play.marketplace_id):
        give_role(account_id=made.pk, account_name=name, role=Role.MANAGER, actor=MANAGER, now=play.clock())
    return made


def notices(play: Play) -> list[tuple[str, str]]:
    with marketplace_scope(play.marketplace_id):
        return [(each.kind, each.state) for each in Notice.objects.order_by("id")]


def tell(play: Play, state: str, *, recovery: bool = False) -> bool:
    told: dict[str, Any] = {"parameters": {"connection": "EU", "days": 28}, "now": play.clock()}
    kind = "quarantine_over" if recovery else "quarantine_credentials"
    with marketplace_scope(play.marketplace_id):
        return tell_managers(subject="x:1", state=state, kind=kind, recovery=recovery, **told) is not None


def letters() -> list[dict[str, int]]:
    jobs = ProcrastinateJob.objects.filter(task_name="tenantry.sync.notices.letters.send_notice_letter")
    return list(jobs.order_by("id").values_list("args", flat=True))


def test_a_state_is_told_once_and_a_recovery_only_after_it(play: Play) -> None:
    told = [tell(play, "well", recovery=True), tell(play, "bad"), tell(play, "bad"), tell(play, "worse")]
    told += [tell(play, "well", recovery=True), tell(play, "well", recovery=True), tell(play, "bad")]
    assert told == [False, True, False, True, True, False, True]
    with marketplace_scope(play.marketplace_id):
        assert list(Notice.objects.filter(latest=True).values_list("state", flat=True)) == ["bad"]


def test_operators_are_told_apart_in_any_scope_or_none(play: Play) -> None:
    account("olga", operator=True, clock=play.clock)
    given: dict[str, Any] = {"kind": "quarantine_over", "parameters": {"connection": "EU"}, "now": play.clock()}
    assert tell_operators(subject="x:1", state="bad", **given)
    with marketplace_scope(play.marketplace_id):
        assert tell_operators(subject="x:1", state="bad", **given) is None
        assert tell_operators(subject="x:1", state="worse", **given)
    assert OperatorNotice.objects.count() == len(letters()) == 2
    assert notices(play) == []


def test_each_person_reads_for_themselves_and_what_is_over_counts_no_more(play: Play) -> None:
    mia, kim = manager(play, "mia"), manager(play, "kim")
    tell(play, "bad")
    with marketplace_scope(play.marketplace_id):
        mark_read(notice=Notice.objects.get(), account_id=mia.pk, now=play.clock())
        mark_read(notice=Notice.objects.get(), account_id=mia.pk, now=play.clock())
        assert [count_unread(each.pk).count for each in (mia, kim)] == [0, 1]
    tell(play, "worse")
    with marketplace_scope(play.marketplace_id):
        assert [count_unread(each.pk).count for each in (mia, kim)] == [1, 1]
        assert mark_all_read(account_id=kim.pk, now=play.clock()) == 1
        assert count_unread(kim.pk).count == 0


def test_a_notice_goes_to_each_manager_in_their_language_and_to_nobody_who_left(play: Play, sink: MailSink) -> None:
    mia, luc = manager(play, "mia", "de"), manager(play, "luc", "fr")
    gone = account("gone", clock=play.clock)
    tell(play, "bad")
    asked = letters()
    assert [each["account_id"] for each in asked] == [mia.pk, luc.pk]
    sent = [send_notice_now(**each, now=play.clock()) for each in (*asked, {**asked[0], "account_id": gone.pk})]
    assert sent == [True, True, False]
    send_notice_now(**asked[0], now=play.clock())
    messages = [message_from_bytes(each, policy=default) for each in sink.messages()]
    assert messages[0]["Subject"] == "EU wurde beiseitegestellt: die Zugangsdaten werden abgelehnt"
    assert messages[1]["Subject"] == "EU a été mise de côté : ses identifiants sont refusés"
    assert messages[0]["Message-ID"] == messages[2]["Message-ID"] != messages[1]["Message-ID"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_has_words_in_every_language_that_take_its_parameters(language: str) -> None:
    given = dict.fromkeys("count source marketplace places connection days day failed tried".split(), "7")
    for section in sections():
        if section.startswith(("notice_held", "notice_quarantine")):
            notice = Notice(kind=section.removeprefix("notice_"), parameters=given)
            words = notice_words(notice, language)
            assert all((words.title, words.text, words.following, words.button))
            assert "{" not in words.title + words.text + words.following + words_of(language, section)["button"]


def test_a_hold_is_told_when_it_opens_and_once_more_when_nothing_of_it_waits(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    play.later_run()
    assert notices(play) == [("held_creations", "open")]
    play.release(play.held()[:1])
    assert notices(play) == [("held_creations", "open")]
    play.work()
    play.reject(play.held())
    assert notices(play) == [("held_creations", "open"), ("held_settled", "settled")]
    with marketplace_scope(play.marketplace_id):
        opened = Notice.objects.earliest("id")
    assert (opened.parameters["count"], opened.link) == ("2", f"/sync/held/{play.hold().pk}/")


def test_what_was_released_and_changed_asks_again_and_that_is_told(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2)
    play.run()
    play.release()
    with marketplace_scope(play.marketplace_id):
        PendingCompany.objects.filter(pk=play.pending(2).pk).update(name="Somebody else")
    play.work()
    assert notices(play) == [("held_creations", "open"), ("held_settled", "settled"), ("held_again", "again")]
    assert play.hold().state == HoldState.OPEN


def test_an_approval_ends_after_seven_days_even_if_nobody_tries_the_row(play: Play) -> None:
    play.save(CREATING)
    play.world.add(2, 3)
    play.run()
    play.release()
    play.clock.pass_time(days=7, minutes=-1)
    with marketplace_scope(play.marketplace_id):
        assert expire_approvals(now=play.clock()) == 0
        play.clock.pass_time(minutes=1)
        assert expire_approvals(now=play.clock()) == 2
        assert expire_approvals(now=play.clock() + timedelta(days=1)) == 0
        hold = Hold.objects.get()
    assert hold.state == HoldState.OPEN
    assert {each.problem for each in play.changes(ChangeState.HELD)} == {
        "It was released more than seven days ago and could not be made in that time, so it asks again."
    }
    play.work()
    assert play.companies() == 0


def test_old_notices_go_but_for_what_was_told_last_of_something_that_is_not_well_again(play: Play) -> None:
    tell(play, "open")
    tell(play, "settled", recovery=True)
    with marketplace_scope(play.marketplace_id):
        tell_managers(subject="other", state="open", kind="held_creations", parameters={}, now=play.clock())
        assert forget_notices(before=play.clock() - timedelta(days=1)) == 0
    tell_operators(subject="done", state="bad", kind="quarantine_errors", parameters={}, now=play.clock())
    tell_operators(subject="done", state="well", kind="quarantine_over", parameters={}, recovery=True, now=play.clock())
    tell_operators(subject="stands", state="bad", kind="quarantine_errors", parameters={}, now=play.clock())
    play.clock.pass_time(days=181)
    purge_history(0, now=play.clock(), should_stop=lambda: False)
    with marketplace_scope(play.marketplace_id):
        assert [each.subject for each in Notice.objects.all()] == ["other"]
        again = tell_managers(subject="other", state="open", kind="held_creations", parameters={}, now=play.clock())
        assert again is None, "it was told, and stays told"
    assert [each.subject for each in OperatorNotice.objects.all()] == ["stands"]

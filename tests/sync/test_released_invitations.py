"""From released rows to the letters that leave: exactly those companies, and never too many letters an hour."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from tests.sync.automatic_stage import INVITING, Play
from tests.sync.stage import Clock, run_of
from tests.sync.test_any_world import check_counters

from tenantry.core.records import Contact
from tenantry.emulator.mailbox import MailSink
from tenantry.isolation.scope import marketplace_scope
from tenantry.mail import MailServer, MailSetup, Person, Tls
from tenantry.marketplace.invitations.sending import send_due
from tenantry.marketplace.models import Company, Invitation
from tenantry.sync.holds.services import ContentChanged
from tenantry.sync.models import HoldState, PendingCompany
from tenantry.sync.switches import read_limits

_HOUR = timedelta(hours=1)
_STEP = 5  # minutes between two rounds of the sender
_NEW = 3_000 if os.environ.get("TENANTRY_ALL_SIZES") else 300  # `make thorough` goes through all of them


@pytest.fixture
def sink(tmp_path: Path, settings: Settings) -> Iterator[MailSink]:
    """A mail server on this machine that takes everything."""
    with MailSink(tmp_path / "mailbox") as running:
        server = MailServer("127.0.0.1", running.port, Tls.NONE)
        settings.MAIL = MailSetup(server, Person("store@tenantry.example"), "http://testserver")
        yield running


class Post:
    """The sender at work, round by round; ``left`` has the moment at which each letter left."""

    def __init__(self, play: Play, sink: MailSink) -> None:
        self.play, self.sink = play, sink
        self.left: list[datetime] = []
        with marketplace_scope(play.marketplace_id):
            self.per_hour = read_limits().invitations_per_hour

    def work(self, *, minutes: int) -> None:
        for _ in range(0, minutes, _STEP):
            send_due(marketplace_id=self.play.marketplace_id, per_hour=self.per_hour, clock=self.play.clock)
            self.left += [self.play.clock()] * (len(self.sink.messages()) - len(self.left))
            self.play.clock.pass_time(minutes=_STEP)

    def most_in_any_hour(self) -> int:
        """The most letters within any sixty minutes, wherever these begin."""
        return max(sum(begin <= moment < begin + _HOUR for moment in self.left) for begin in self.left)

    def recipients(self) -> list[str]:
        return sorted(
            str(message_from_bytes(each)["To"]).rpartition("<")[2].rstrip(">") for each in self.sink.messages()
        )


def _names(play: Play) -> set[str]:
    with marketplace_scope(play.marketplace_id):
        return set(Company.objects.values_list("name", flat=True))


def _held_count(play: Play) -> int:
    with marketplace_scope(play.marketplace_id):
        return PendingCompany.objects.filter(state="held").count()


@pytest.mark.timeout(240)
def test_of_thousands_of_new_tenants_what_is_released_gets_letters_and_no_hour_sees_more_than_fifty(
    play: Play, clock: Clock, sink: MailSink
) -> None:
    clock.now = clock.now.replace(minute=40)  # so that clock hours and hours differ
    play.save(INVITING)
    play.world.add(*range(10_000, 10_000 + _NEW))
    run = play.run()
    post = Post(play, sink)
    post.work(minutes=5)
    assert (play.companies(), play.invitations(), post.left) == (0, 0, [])
    assert (run.counters["changes_held"], play.hold().count, _held_count(play)) == (_NEW,) * 3

    held = play.held()
    assert [row.invited for row in held] == [True] * _NEW
    first, changing, second = held[:40], held[40], held[41:101]
    assert play.release(first) == 40
    play.work()
    assert (_names(play), play.invitations()) == ({row.change.subject_name for row in first}, 40)
    assert (_held_count(play), play.hold().state) == (_NEW - 40, HoldState.OPEN)
    post.work(minutes=15)
    assert len(post.left) == 40

    with marketplace_scope(play.marketplace_id):
        PendingCompany.objects.filter(pk=changing.facts["pending"].pk).update(contact_email="other@books.example")
    with pytest.raises(ContentChanged):
        play.release([changing])
    assert play.release(second) == 60
    play.work()
    assert (_names(play), play.invitations()) == ({row.change.subject_name for row in [*first, *second]}, 100)
    assert _held_count(play) == _NEW - 100
    run = run_of(play.marketplace_id, run.pk)
    assert (run.counters["changes_held"], run.counters["changes_applied"]) == (_NEW - 100, 2 * _NEW + 100)
    check_counters(run)

    post.work(minutes=180)
    assert len(post.left) == 100
    assert post.most_in_any_hour() == post.per_hour == 50
    assert post.left[-1] - post.left[0] <= 2 * _HOUR
    assert post.recipients() == sorted(row.facts["pending"].contact_email for row in [*first, *second])
    with marketplace_scope(play.marketplace_id):
        assert list(Invitation.objects.order_by("sent_at").values_list("sent_at", flat=True)) == post.left


def test_a_contact_at_microsoft_s_own_domain_is_never_written_to_by_a_rule(play: Play, sink: MailSink) -> None:
    play.save(INVITING)
    play.world.add(2, contact=Contact("Ada", "Admin", "ada@customer2.onmicrosoft.com"))
    play.world.add(3)
    play.run()
    assert [row.facts["pending"].name for row in play.held()] == ["Customer 3 Ltd"]
    row = play.pending(2)
    assert (row.state, row.automatic_problems) == ("pending", ["contact_unconfirmed"])
    play.release()
    play.work()
    Post(play, sink).work(minutes=5)
    assert (play.companies(), len(sink.messages())) == (1, 1)

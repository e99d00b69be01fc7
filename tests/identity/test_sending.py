"""Sending over real SMTP: never lost, repeated as the same letter, put off ever longer, at most so many an hour."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings
from tests.identity.stage import Office, letters

from tenantry.emulator.mailbox import MailSink
from tenantry.mail import MailSetup
from tenantry.marketplace.invitations.queries import mail_trouble
from tenantry.marketplace.invitations.sending import LEASE
from tenantry.marketplace.models import Invitation, InvitationState

pytestmark = pytest.mark.usefixtures("mail")


def crowd(office: Office, count: int) -> None:
    for number in range(count):
        office.invite(office.person(f"person{number}@alpine.example"))


def states(office: Office) -> dict[str, int]:
    with office.scope():
        found = list(Invitation.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in sorted(set(found))}


def test_an_invitation_and_its_job_are_committed_together(office: Office) -> None:
    office.invite()
    [job] = ProcrastinateJob.objects.filter(task_name="tenantry.sync.tasks.send_invitations")
    assert (job.args, job.lock) == ({"marketplace_id": office.marketplace.pk}, f"invitations-{office.marketplace.pk}")


def test_a_dead_server_loses_nothing_and_is_asked_less_and_less(
    office: Office, sink: MailSink, no_server: None, settings: Settings, mail: MailSetup
) -> None:
    crowd(office, 3)
    now = timezone.now()
    gaps = []
    for _ in range(4):
        done = office.send(at=now)
        assert (done.sent, done.failed) == (0, 1), "the others are not tried in vain"
        assert done.next_at is not None
        assert office.send(at=now).failed == 0, "and nothing is tried before its time"
        gaps.append(done.next_at - now)
        now = done.next_at
    assert gaps == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
    with office.scope():
        trouble = mail_trouble()
        assert trouble is not None
        assert "does not answer" in trouble.problem
        assert trouble.waiting == 3
    settings.MAIL = mail
    assert office.send(at=now).sent == 3
    assert states(office) == {"sent": 3}
    with office.scope():
        assert mail_trouble() is None


def test_a_mailbox_that_does_not_exist_bounces_alone(office: Office, sink: MailSink) -> None:
    crowd(office, 3)
    sink.mood.refused = {"person1@alpine.example"}
    assert office.send().sent == 2
    with office.scope():
        bounced = Invitation.objects.get(state=InvitationState.BOUNCED)
    assert bounced.email == "person1@alpine.example"
    assert "No such mailbox" in bounced.problem


def test_a_sender_that_dies_in_the_act_sends_the_same_letter_again_and_once(office: Office, sink: MailSink) -> None:
    office.invite()
    sink.mood.loses_answer = True  # the server has it, and we never learn
    now = timezone.now()
    assert office.send(at=now).failed == 1
    sink.mood.loses_answer = False
    assert office.send(at=now + LEASE + LEASE).sent == 1
    first, second = letters(sink)
    assert first["Message-ID"] == second["Message-ID"]
    assert office.link(sink, 0) == office.link(sink, 1)
    assert office.send(at=now + timedelta(days=1)).sent == 0


def test_a_claim_that_nobody_finished_is_taken_over_after_a_while(office: Office, sink: MailSink) -> None:
    office.invite()
    now = timezone.now()
    with office.scope():
        Invitation.objects.update(claimed_at=now)
    assert office.send(at=now + timedelta(minutes=1)).sent == 0
    assert office.send(at=now + LEASE).sent == 1


def test_a_claim_by_a_clock_that_was_ahead_keeps_nothing_waiting(office: Office, sink: MailSink) -> None:
    office.invite()
    now = timezone.now()
    with office.scope():
        Invitation.objects.update(claimed_at=now + timedelta(hours=3))
    assert office.send(at=now).sent == 1


def test_no_hour_sees_more_than_the_limit(office: Office, sink: MailSink) -> None:
    crowd(office, 12)
    start = now = timezone.now()
    left = []
    for _ in range(40):
        done = office.send(per_hour=5, at=now)
        left.append((now - start, done.sent))
        if done.next_at is None:
            break
        now = done.next_at
    assert sum(count for _, count in left) == 12
    for moment, _ in left:
        assert sum(count for at, count in left if moment <= at < moment + timedelta(hours=1)) <= 5
    assert now - start <= timedelta(hours=2, minutes=1)


def test_without_a_server_everything_waits_and_the_page_can_say_why(
    office: Office, settings: Settings, mail: MailSetup
) -> None:
    settings.MAIL = replace(mail, server=None, lacks="No mail server is set up.")
    office.invite()
    done = office.send()
    assert (done.sent, done.failed, done.next_at) == (0, 0, None)
    with office.scope():
        trouble = mail_trouble()
        assert trouble is not None
        assert (trouble.lacks, trouble.waiting) == ("No mail server is set up.", 1)

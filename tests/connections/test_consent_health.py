"""What a connection was given is counted down, told once for each step, and told of when it is well again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.installed import connection_to, tenantry

from tenantry.audit.events import SYSTEM
from tenantry.audit.models import Event
from tenantry.connections.editing import replace_credential, set_enabled
from tenantry.connections.health import concerns_of, near_concerns, review_consent
from tenantry.connections.models import Connection, ConsentWarning
from tenantry.connections.secrets import StoredRefreshTokens
from tenantry.connections.services import save_microsoft_connection
from tenantry.connections.sources import open_source
from tenantry.core.consent import SIGN_IN_LASTS, Matter
from tenantry.emulator.server import Emulator
from tenantry.sync.consent import look_after_connection
from tenantry.sync.models import OperatorNotice
from tenantry.sync.notices.words import notice_words


@pytest.fixture(scope="module")
def emulator(emulator_home: object) -> Iterator[Emulator]:
    with Emulator(customers=3, limit=0) as running:
        yield running


@pytest.fixture
def saved(database: str, emulator: Emulator, now: datetime) -> Connection:
    return save_microsoft_connection(connection_to(emulator), actor=SYSTEM, now=now)


def actions() -> list[str]:
    rows = Event.objects.filter(action__startswith="connections.consent").order_by("id")
    return [f"{row.action.rsplit('.', 1)[1]} {(row.after or {})['matter']}" for row in rows]


def review(row: Connection, now: datetime, **days: float) -> tuple[int, int]:
    done = review_consent(row.pk, actor=SYSTEM, now=now + timedelta(**days))
    return done.told, done.mended


def test_a_secret_is_told_at_each_step_once_and_a_new_one_mends_it(saved: Connection, now: datetime) -> None:
    ends = now + timedelta(days=100)
    Connection.objects.filter(pk=saved.pk).update(secret_expires_at=ends)
    told = [sum(review(saved, now, hours=hour)[:1]) for hour in range(60 * 24, 102 * 24, 6)]
    assert (sum(told), ConsentWarning.objects.get().step) == (5, 0)
    replace_credential(
        connection_id=saved.pk, credential={"secret": "new"}, expires_at=ends + timedelta(days=365), actor=SYSTEM,
        now=now,
    )  # fmt: skip
    assert review(saved, now, days=102) == (0, 1)
    assert actions() == ["warned secret"] * 5 + ["mended secret"]
    assert not ConsentWarning.objects.exists()
    notices = list(OperatorNotice.objects.order_by("id"))
    assert [notice.recovery for notice in notices] == [False] * 5 + [True]
    for language in ("en", "de", "fr", "es"):
        words = [notice_words(notice, language) for notice in notices]
        assert str(ends.date()) in words[0].title
        assert "30" in words[0].text


def test_a_certificate_says_by_itself_when_it_ends(database: str, emulator: Emulator, now: datetime) -> None:
    web = emulator.web_application
    given = connection_to(emulator, credential={"certificate": web.certificate, "private_key": web.private_key})
    row = save_microsoft_connection(given, actor=SYSTEM, now=now)
    [concern] = concerns_of(row)
    assert (concern.matter, row.credential_kind) == (Matter.CERTIFICATE, "certificate")
    assert concern.ends_at is not None
    assert concern.ends_at > now + timedelta(days=3000)
    again = save_microsoft_connection(
        replace(given, credential={"secret": "x"}, secret_expires_at=now + timedelta(days=5)), actor=SYSTEM, now=now
    )
    assert [each.matter for each in near_concerns(again, now=now)] == [Matter.SECRET]


def test_each_use_of_a_sign_in_moves_its_end_on(database: str, emulator: Emulator, now: datetime) -> None:
    token = emulator.refresh_token(emulator.web_application)
    given = connection_to(emulator, sign_in="app_and_user", refresh_token=token)
    row = save_microsoft_connection(given, actor=SYSTEM, now=now)
    [concern] = concerns_of(row)
    assert (concern.matter, concern.ends_at) == (Matter.SIGN_IN, now + SIGN_IN_LASTS)
    with open_source(row) as source:
        source.list_tenants(None)
    row.refresh_from_db()
    assert StoredRefreshTokens(row).load() != token
    assert row.refresh_token_at is not None
    assert row.refresh_token_at > now + timedelta(days=200)  # the test's clock stands in March


def test_a_permission_that_got_lost_is_found_by_the_daily_test_and_told_once(
    saved: Connection, emulator: Emulator, now: datetime
) -> None:
    assert look_after_connection(saved.pk, now=now).told == 0
    Connection.objects.filter(pk=saved.pk).update(application_id=emulator.native_application.client_id)
    assert look_after_connection(saved.pk, now=now + timedelta(hours=22)).told == 0
    first = look_after_connection(saved.pk, now=now + timedelta(hours=24))
    assert (first.told > 0, look_after_connection(saved.pk, now=now + timedelta(days=2)).told) == (True, 0)
    assert {row.matter for row in ConsentWarning.objects.all()} == {"permission"}
    Connection.objects.filter(pk=saved.pk).update(settings=saved.settings | {"authority": "https://localhost:9"})
    unknown = look_after_connection(saved.pk, now=now + timedelta(days=4))
    assert ConsentWarning.objects.exists(), "a network that is down mends nothing"
    Connection.objects.filter(pk=saved.pk).update(application_id=saved.application_id, settings=saved.settings)
    mended = look_after_connection(saved.pk, now=now + timedelta(days=6))
    assert (first.told, mended.told, ConsentWarning.objects.count()) == (unknown.mended + mended.mended, 0, 0)


def test_nothing_is_told_of_a_connection_that_is_switched_off(saved: Connection, now: datetime) -> None:
    Connection.objects.filter(pk=saved.pk).update(secret_expires_at=now)
    assert review(saved, now) == (1, 0)
    set_enabled(connection_id=saved.pk, enabled=False, actor=SYSTEM, now=now)
    assert review(saved, now) == (0, 1)


def test_the_doctor_says_what_ends_soon_and_what_has_ended(saved: Connection, emulator: Emulator) -> None:
    ends = datetime.now(tz=saved.created_at.tzinfo) + timedelta(days=6, hours=1)
    for end, ok, words in ((ends, None, "The secret ends in 7 days"), (ends - timedelta(days=9), False, "has ended")):
        Connection.objects.update(secret_expires_at=end)
        looked = [each for each in tenantry("doctor", "--json").json if words in each["sentence"]]
        assert [(each["name"], each["ok"]) for each in looked] == [("Partner Center", ok)]
        assert "Make a new secret in Entra" in looked[0]["next_step"]

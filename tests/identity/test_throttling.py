"""Guessing passwords: after a few wrong ones the sign-in of an address waits, for every process alike."""

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.web.cast import PASSWORD, Cast
from time_machine import travel

_TRIES = 5


def _sign_in(password: str, email: str = "owner@people.example") -> tuple[int, str]:
    answer = Client().post("/account/sign-in/", {"login": email, "password": password})
    return answer.status_code, answer.content.decode()


def test_after_five_wrong_passwords_even_the_right_one_waits_and_other_addresses_do_not(cast: Cast) -> None:
    start = timezone.now()
    with travel(start, tick=False):
        for _ in range(_TRIES):
            assert "Too many" not in _sign_in("wrong")[1]
        status, page = _sign_in(PASSWORD)
        assert status == 200
        assert "Too many failed login attempts" in page
        assert _sign_in(PASSWORD, "colleague@people.example")[0] == 302
        with connection.cursor() as cursor:  # kept in the database, so that every process counts together
            cursor.execute("select count(*) from accounts_throttle")
            assert cursor.fetchone()[0] > 0
    with travel(start + timedelta(minutes=5, seconds=1), tick=False):
        assert _sign_in(PASSWORD)[0] == 302

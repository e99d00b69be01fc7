"""What every answer carries, and what none may."""

import re

import pytest
from tests.web.cast import PASSWORD, Cast

PAGES = ["/", "/companies/pending/", "/sync/history/", "/settings/data-sync/", "/operator/", "/companies/pending/999/"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_only_our_scripts_and_fits_into_no_other_page(page: str, cast: Cast) -> None:
    answer = cast.client("owner").get(page)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_script_or_style_inside_and_nothing_from_elsewhere(page: str, cast: Cast) -> None:
    content = cast.client("owner").get(page).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", content)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", content)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", content)


def test_the_session_s_cookie_is_out_of_reach_of_scripts(cast: Cast) -> None:
    client = cast.client("anonymous")
    answer = client.post("/account/sign-in/", {"login": "owner@people.example", "password": PASSWORD})
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_a_wrong_password_and_an_unknown_address_look_the_same(cast: Cast) -> None:
    words = []
    for login in ("owner@people.example", "nobody-here@people.example"):
        answer = cast.client("anonymous").post("/account/sign-in/", {"login": login, "password": "wrong"})
        found = re.search(r'role="alert">(.*?)</div></div>', answer.content.decode(), re.DOTALL)
        assert found is not None
        words.append(found.group(1))
    assert words[0] == words[1]


def test_nobody_signs_up_by_themselves(cast: Cast) -> None:
    for address in ("/account/signup/", "/account/sign-up/", "/accounts/signup/", "/admin/"):
        assert cast.client("anonymous").get(address).status_code == 404


def test_a_switched_off_account_is_signed_out_at_once(cast: Cast) -> None:
    client = cast.client("owner")
    assert client.get("/").status_code == 200
    account = cast.accounts["owner"]
    account.is_active = False
    account.save()
    assert client.get("/").headers["Location"].startswith("/account/sign-in/")


def test_a_request_id_from_outside_is_taken_over_only_if_it_is_sane(cast: Cast) -> None:
    client = cast.client("anonymous")
    assert client.get("/livez", headers={"X-Request-Id": "abcdef-123456"}).headers["X-Request-Id"] == "abcdef-123456"
    assert client.get("/livez", headers={"X-Request-Id": "a\tb <script>"}).headers["X-Request-Id"] != "a\tb <script>"

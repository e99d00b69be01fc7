"""What the cast gets from the pages, cell by cell (``tests/security/test_every_route.py`` has every route and role)."""

import psycopg
import pytest
from django.urls import reverse
from tests.web.cast import Cast
from tests.web.stage import Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import CompanySyncSettings


@pytest.mark.parametrize("name", ["web:pending-detail", "web:run-detail", "web:run-progress", "web:run-cancel"])
def test_what_belongs_to_another_marketplace_looks_like_what_does_not_exist(
    name: str, cast: Cast, stage: Stage
) -> None:
    run = stage.sync(customers(1))
    row = {"web:pending-detail": stage.pending().pk}.get(name, run.pk)
    client = cast.client("stranger")
    method = client.post if name == "web:run-cancel" else client.get
    answers = [method(reverse(name, args=[pk])) for pk in (row, row + 1_000_000, 2**70)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_secrets(answer.content) for answer in answers}) == 1


def _without_secrets(content: bytes) -> bytes:
    return b"\n".join(line for line in content.splitlines() if b"csrf" not in line.lower())


def test_the_page_for_those_who_may_not_says_who_may_and_whom_to_ask(cast: Cast) -> None:
    answer = cast.client("colleague").get(reverse("web:pending-list"))
    assert "you need to be marketplace manager" in answer.content.decode()


def test_somebody_without_a_marketplace_is_told_what_to_do(cast: Cast) -> None:
    answer = cast.client("nobody").get("/")
    assert "nobody has given it a role" in answer.content.decode()


def test_after_signing_in_one_comes_back_to_what_one_asked_for(cast: Cast) -> None:
    answer = cast.client("anonymous").get("/companies/pending/?q=alpine")
    assert answer.headers["Location"] == "/account/sign-in/?next=/companies/pending/%3Fq%3Dalpine"


def test_a_fragment_for_somebody_signed_out_moves_the_whole_page_to_the_sign_in(cast: Cast) -> None:
    answer = cast.client("anonymous").get("/companies/pending/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/account/sign-in/"


def test_a_role_that_is_taken_away_counts_from_the_next_click(cast: Cast, owner_url: str) -> None:
    client = cast.client("owner")
    assert client.get("/companies/pending/").status_code == 200
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("delete from marketplace_staffrole where account_id = %s", [cast.accounts["owner"].pk])
    assert client.get("/companies/pending/").headers["Location"] == "/"


def test_the_home_of_support_that_may_not_decide_shows_neither_queue_nor_runs(cast: Cast, stage: Stage) -> None:
    stage.sync(customers(3))
    with marketplace_scope(cast.northwind.pk):
        CompanySyncSettings.objects.update(sales_support=False)
    page = cast.client("colleague").get("/").content.decode()
    assert "Work the queue" not in page
    assert "Recent runs" not in page
    assert "/companies/pending/" not in page
    assert "/sync/history/" not in page

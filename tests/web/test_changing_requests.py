"""What changes something is a POST with a CSRF token; everything else reads only."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.cast import Cast
from tests.web.stage import Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Run

POSTS = ["web:theme", "web:switch-marketplace", "web:sync-now", "web:run-cancel"]
READS = ["web:home", "web:pending-list", "web:pending-detail", "web:run-list", "web:run-detail", "web:run-progress"]


def _address(name: str) -> str:
    return reverse(name, args=[1] if name.rpartition("-")[2] in {"cancel", "detail", "progress"} else [])


@pytest.mark.parametrize("name", POSTS)
def test_what_changes_something_can_t_be_asked_by_a_link(name: str, cast: Cast) -> None:
    assert cast.client("owner").get(_address(name)).status_code == 405


@pytest.mark.parametrize("name", READS)
def test_what_reads_can_t_be_posted(name: str, cast: Cast) -> None:
    assert cast.client("owner").post(_address(name)).status_code == 405


@pytest.mark.parametrize("name", [*POSTS, "web:sync-settings"])
def test_a_form_without_the_token_of_the_session_is_refused(name: str, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.accounts["owner"])
    answer = client.post(_address(name), {"theme": "dark"})
    assert answer.status_code == 403
    assert "This form was too old" in answer.content.decode()


def test_opening_every_page_starts_no_run(cast: Cast, stage: Stage) -> None:
    run = stage.sync(customers(1))
    client = cast.client("owner")
    for name in ("web:home", "web:pending-list", "web:run-list", "web:sync-settings"):
        assert client.get(reverse(name)).status_code == 200
    assert client.get(reverse("web:pending-detail", args=[stage.pending().pk])).status_code == 200
    for name in ("web:run-detail", "web:run-progress"):
        assert client.get(reverse(name, args=[run.pk])).status_code == 200
    with marketplace_scope(cast.northwind.pk):
        assert Run.objects.count() == 1


@pytest.mark.parametrize("theme", ["system", "light", "dark"])
def test_a_chosen_theme_is_kept_and_shown(theme: str, cast: Cast) -> None:
    client = cast.client("owner")
    answer = client.post("/theme/", {"theme": theme, "next": "/settings/data-sync/"})
    assert answer.headers["Location"] == "/settings/data-sync/"
    page = client.get("/").content.decode()
    assert (f'data-bs-theme="{theme}"' in page) is (theme != "system")


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_a_form_never_leads_to_another_site(place: str, cast: Cast) -> None:
    answer = cast.client("owner").post("/theme/", {"theme": "dark", "next": place})
    assert answer.headers["Location"] == "/"


def test_an_unknown_theme_is_left_out(cast: Cast) -> None:
    answer = cast.client("owner").post("/theme/", {"theme": '"><script>'})
    assert "theme" not in answer.cookies


@pytest.mark.parametrize("wanted", ["", "x", "0", "-1", "999999", "1 or 1=1", "\u0661"])
def test_a_marketplace_that_one_may_not_enter_does_not_exist(wanted: str, cast: Cast) -> None:
    assert cast.client("owner").post("/marketplace/", {"marketplace": wanted}).status_code == 404

"""The pages of notices: the bell, the list, reading one and reading all."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Notice
from tenantry.sync.notices import tell_managers, tell_operators


def tell(cast: Cast, count: int = 1, *, state: str = "bad") -> list[Notice]:
    found = []
    with marketplace_scope(cast.northwind.pk):
        for number in range(count):
            notice = tell_managers(
                subject=f"connection:{number}", state=state, kind="quarantine_credentials", link="/sync/history/",
                parameters={"connection": f"Partner Center {number}", "days": 28},
                now=timezone.now() - timedelta(minutes=number),
            )  # fmt: skip
            assert notice
            found.append(notice)
    return found


def test_the_bell_counts_what_is_unread_and_leads_to_the_list(cast: Cast) -> None:
    client = cast.client("owner")
    assert "unread notice" not in text_of(client.get("/"))
    tell(cast, 3)
    assert "3 unread notices" in text_of(client.get("/"))
    page = client.get("/notices/")
    words = text_of(page)
    for part in ("Partner Center 0 was set aside: its credentials are refused", "needs you", "Mark all read"):
        assert part in words
    for stranger in ("stranger", "colleague"):
        assert "unread notice" not in text_of(cast.client(stranger).get("/"))


def test_opening_a_notice_marks_it_read_and_leads_to_where_something_can_be_done(cast: Cast) -> None:
    first, _ = tell(cast, 2)
    client = cast.client("owner")
    assert client.post(f"/notices/{first.pk}/open/").headers["Location"] == "/sync/history/"
    assert "1 unread notice" in text_of(client.get("/"))
    client.post("/notices/read/")
    assert "unread notice" not in text_of(client.get("/"))
    assert "2 unread notices" in text_of(cast.enter("operator", cast.northwind).get("/notices/"))


def test_an_older_state_is_shown_as_over(cast: Cast) -> None:
    tell(cast)
    tell(cast, state="worse")
    words = text_of(cast.client("owner").get("/notices/"))
    assert words.index("needs you") < words.index("over")
    assert "1 unread notice" in words


def test_operators_have_their_own_list(cast: Cast) -> None:
    given: dict[str, Any] = {"kind": "quarantine_over", "parameters": {"connection": "EU"}, "now": timezone.now()}
    notice = tell_operators(subject="connection:1", state="bad", **given)
    assert notice
    client = cast.client("operator")
    assert "1 unread notice" in text_of(client.get("/operator/"))
    assert "EU works again" in text_of(client.get("/operator/notices/"))
    assert client.post(f"/operator/notices/{notice.pk}/open/").headers["Location"] == "/operator/notices/"
    assert "unread notice" not in text_of(client.get("/operator/notices/"))


@pytest.mark.parametrize("who", ["stranger", "operator"])
def test_another_marketplaces_notice_does_not_exist(cast: Cast, who: str) -> None:
    (notice,) = tell(cast)
    client = cast.enter("operator", cast.contoso) if who == "operator" else cast.client(who)
    assert client.post(f"/notices/{notice.pk}/open/").status_code == 404
    assert "No notice" in text_of(client.get("/notices/"))


def test_the_list_asks_the_same_number_of_questions_whatever_there_is(cast: Cast) -> None:
    client, counts = cast.client("owner"), []
    for count in (2, 60):
        tell(cast, count, state=str(count))
        client.get("/notices/")
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/notices/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 20
    assert 'rel="next"' in page.content.decode()

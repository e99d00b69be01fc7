"""The pages of imports, as a manager goes through them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.imports.applying import apply_import_lines
from tenantry.marketplace.imports.reading import read_import
from tenantry.marketplace.models import Company, Import

HEADING = "external_id,name,country,Colour\n"


def upload(client: Client, text: str, name: str = "companies.csv") -> str:
    """Upload a file; return where that leads, or the page that refuses."""
    answer = client.post("/imports/", {"file": SimpleUploadedFile(name, text.encode())})
    return answer.headers["Location"] if answer.status_code == 302 else text_of(answer)


def work(cast: Cast) -> None:
    """Do what the queue's jobs do."""
    with marketplace_scope(cast.northwind.pk):
        pk = Import.objects.latest("pk").pk
    for step in (read_import, apply_import_lines):
        step(pk, marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)


def test_a_manager_previews_a_file_applies_it_and_gets_the_bad_lines_back(cast: Cast) -> None:
    client = cast.client("owner")
    place = upload(client, HEADING + "C1,Fabrikam <b>AG</b>,AT,red\nC2,,AT,\nC3,=1+1,Austria,\n")
    assert "is being read" in text_of(client.get(place))
    work(cast)
    page = client.get(place)
    assert "1 new, 0 changed, 0 as they are, 2 can't be used" in text_of(page)
    assert "Nothing was written yet" in text_of(page)
    assert "Fabrikam &lt;b&gt;AG&lt;/b&gt;" in page.content.decode()
    assert "colour" in text_of(page)
    answer = client.get(f"{place}problems.csv")
    bad = b"".join(answer).decode("utf-8-sig").splitlines()
    assert bad[0] == "line,about,problem"
    assert bad[1].startswith("3,C2,A company needs a name")
    assert bad[2].startswith("4,'=1+1,")
    assert client.post(f"{place}apply/").headers["Location"] == place
    work(cast)
    assert "done" in text_of(client.get(place))
    with marketplace_scope(cast.northwind.pk):
        assert Company.objects.get(external_id="C1").name == "Fabrikam <b>AG</b>"


def test_a_file_that_is_none_of_ours_is_refused_in_words_and_nothing_is_kept(cast: Cast) -> None:
    said = upload(cast.client("owner"), "name\nFabrikam\n")
    assert "does not name the column external_id" in said
    with marketplace_scope(cast.northwind.pk):
        assert not Import.objects.exists()


def test_an_import_that_ended_cannot_be_applied_again_and_says_so(cast: Cast) -> None:
    client = cast.client("owner")
    place = upload(client, HEADING + "C1,Fabrikam,AT,\n")
    work(cast)
    client.post(f"{place}cancel/")
    client.post(f"{place}apply/")
    assert "there is nothing to apply" in text_of(client.get(place))
    with marketplace_scope(cast.northwind.pk):
        assert not Company.objects.exists()


def test_the_import_of_another_marketplace_does_not_exist(cast: Cast) -> None:
    place = upload(cast.client("owner"), HEADING + "C1,Fabrikam,AT,\n")
    stranger = cast.client("stranger")
    assert [stranger.get(place + part).status_code for part in ("", "progress/", "problems.csv")] == [404] * 3
    assert [stranger.post(place + part).status_code for part in ("apply/", "cancel/")] == [404] * 2


def test_the_pages_ask_the_same_number_of_questions_whatever_there_is(cast: Cast) -> None:
    client = cast.client("owner")

    def asked(place: str) -> int:
        client.get(place)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(place).status_code == 200
        return len(captured)

    few = upload(client, HEADING + "C1,Fabrikam,AT,\n")
    work(cast)
    tabs = [f"?tab={tab}" for tab in ("create", "update", "bad", "open")]
    expected = (asked("/imports/"), *(asked(few + tab) for tab in ("", *tabs)))
    lines = "".join(f"D{number},{'' if number % 3 else 'x'},AT,\n" for number in range(300))
    many = upload(client, HEADING + "C1,Fabrikam,DE,\n" + lines)
    work(cast)
    for number in range(60):
        upload(client, HEADING + f"E{number},x,AT,\n")
    assert (asked("/imports/"), *(asked(many + tab) for tab in ("", *tabs))) == expected
    assert max(expected) <= 20
    assert "Next" in text_of(client.get(many))

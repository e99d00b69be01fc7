"""People of directories on the pages: who waits and is invited, who did not come in and why, one person in full."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.cast import Cast
from tests.web.directories import Somebody, add_directory, name_licence
from tests.web.people import add_company, add_people, let_in
from tests.web.reading import text_of
from tests.web.test_query_counts import queries

from tenantry.core.planning.users.reasons import SENTENCES, Reason
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, Invitation, Membership, MembershipState, User
from tenantry.sync.models import DirectoryUser, Entitlement, PeopleReading, Run, UserLink, UserSyncSettings

ANNA = Somebody("Anna Arrived", "anna@alpine.example", licences=("sku-1", "sku-2"))
BERT = Somebody("Bert Brought", "bert@alpine.example")
CARO = Somebody("Caro Cloud", "caro@alpine.onmicrosoft.com")
DORA = Somebody("Dora Nomail", "", user_name="dora@alpine.onmicrosoft.com", licences=None)
GUEST = Somebody("Gus Guest", "gus@elsewhere.example", reason=Reason.GUEST)
TWINS = Somebody("Tim Twin", "twins@alpine.example", reason=Reason.SHARED_ADDRESS)

_FILE = b"name;email\nBert;BERT@alpine.example\nX;stranger@else.example\n=cmd;\xff\n"


@pytest.fixture
def alpine(cast: Cast) -> Company:
    return add_company(cast.northwind, "Alpine", "alpine.example")


@pytest.fixture
def ada(cast: Cast, alpine: Company) -> Client:
    """Alpine's administrator."""
    return let_in(cast, alpine, "ada@alpine.example")


@pytest.fixture
def people(cast: Cast, alpine: Company) -> dict[str, DirectoryUser]:
    everybody = (ANNA, BERT, CARO, DORA, GUEST, TWINS)
    return {
        each.name: person
        for each, person in zip(everybody, add_directory(alpine, cast.connection, *everybody), strict=True)
    }


def _waiting(alpine: Company) -> str:
    return f"/company/{alpine.pk}/waiting/"


def _places(cast: Cast, *emails: str) -> list[int]:
    with marketplace_scope(cast.northwind.pk):
        found = dict(Membership.objects.filter(user__email__in=emails).values_list("user__email", "pk"))
    return [found[email] for email in emails]


def _invited(cast: Cast) -> dict[str, str]:
    with marketplace_scope(cast.northwind.pk):
        return dict(Invitation.objects.values_list("email", "membership__role"))


def test_an_administrator_sees_who_came_in_with_what_is_known_of_them(
    alpine: Company, ada: Client, people: dict[str, DirectoryUser]
) -> None:
    assert "4 people came in and have not accepted" in text_of(ada.get(f"/company/{alpine.pk}/"))
    words = text_of(ada.get(_waiting(alpine)))
    assert "4 people" in words
    for said in (
        "Anna Arrived",
        "anna@alpine.example",
        "Microsoft 365",
        "not invited",
        "no e-mail address",
        "not told",
    ):
        assert said in words
    assert "Gus Guest" not in words
    assert words.count(" not invited") == 4


@pytest.mark.usefixtures("people")
def test_several_are_invited_at_once_with_a_role_and_who_cannot_be_is_told_by_name(
    cast: Cast, alpine: Company, ada: Client
) -> None:
    chosen = _places(cast, ANNA.email, BERT.email, CARO.email, "")
    answer = ada.post(f"{_waiting(alpine)}invite/", {"who": chosen, "role": "administrator"}, follow=True)
    assert _invited(cast) == {ANNA.email: "administrator", BERT.email: "administrator"}
    words = text_of(answer)
    assert "2 invitations are on the way." in words
    assert "Not invited yet: Caro Cloud." in words
    assert "Dora Nomail: This person has no e-mail address." in words
    with marketplace_scope(cast.northwind.pk):
        assert Membership.objects.get(user__email=CARO.email).role == "user"
    assert "Anna Arrived" not in text_of(ada.get(f"{_waiting(alpine)}?invited=no"))
    ada.post(f"{_waiting(alpine)}invite/", {"who": chosen, "role": "administrator"})
    with marketplace_scope(cast.northwind.pk):
        assert Invitation.objects.count() == 2


@pytest.mark.usefixtures("people")
def test_a_list_or_a_file_of_addresses_invites_those_who_wait_and_tells_of_the_others(
    cast: Cast, alpine: Company, ada: Client
) -> None:
    file = SimpleUploadedFile(
        "people.csv", b"name;email\nBert;BERT@alpine.example\nX;stranger@else.example\n=cmd;\xff\n"
    )
    given: dict[str, Any] = {"addresses": f"{ANNA.email}, ada@alpine.example", "file": file, "role": "user"}
    words = text_of(ada.post(f"{_waiting(alpine)}invite/", given, follow=True))
    assert sorted(_invited(cast)) == [ANNA.email, BERT.email]
    assert "Nobody who waits here has ada@alpine.example, stranger@else.example." in words


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("given", [{"role": "owner"}, {}])
def test_a_form_that_was_changed_on_the_way_invites_nobody(
    cast: Cast, alpine: Company, ada: Client, given: dict[str, Any]
) -> None:
    who = _places(cast, ANNA.email)
    assert ada.post(f"{_waiting(alpine)}invite/", {"who": who, **given}).status_code == 400
    assert _invited(cast) == {}


@pytest.mark.usefixtures("people")
def test_people_of_another_company_can_be_neither_seen_nor_invited_through_one_s_own(
    cast: Cast, alpine: Company
) -> None:
    other = add_company(cast.northwind, "Basalt", "basalt.example")
    boris = let_in(cast, other, "boris@basalt.example")
    assert boris.get(_waiting(alpine)).status_code == 404
    assert (
        boris.post(f"{_waiting(alpine)}invite/", {"who": _places(cast, ANNA.email), "role": "user"}).status_code == 404
    )
    boris.post(f"{_waiting(other)}invite/", {"who": _places(cast, ANNA.email), "addresses": ANNA.email, "role": "user"})
    assert _invited(cast) == {}
    assert cast.client("stranger").get(_waiting(alpine)).status_code == 404
    assert cast.client("colleague").get(_waiting(alpine)).status_code == 403


@pytest.mark.usefixtures("people")
def test_a_missing_address_is_entered_and_one_that_is_taken_refused(cast: Cast, alpine: Company, ada: Client) -> None:
    [dora] = _places(cast, "")
    page = f"{_waiting(alpine)}{dora}/address/"
    assert "Dora Nomail" in text_of(ada.get(page))
    taken = ada.post(page, {"email": ANNA.email})
    assert (taken.status_code, "Another person of this marketplace has this address." in text_of(taken)) == (409, True)
    assert ada.post(page, {"email": "no address"}).status_code == 409
    assert ada.post(page, {"email": "Dora@Alpine.example"}).status_code == 302
    with marketplace_scope(cast.northwind.pk):
        assert User.objects.get(last_name="Nomail").email == "dora@alpine.example"


def test_somebody_who_came_in_twice_is_linked_to_the_user_who_is_here_already(
    cast: Cast, alpine: Company, ada: Client
) -> None:
    [person] = add_directory(alpine, cast.connection, Somebody("Ada A.", "ada.a@alpine.example"), provider="google")
    add_people(alpine, "other@alpine.example", name="Otto Other")
    [came, own] = _places(cast, "ada.a@alpine.example", "ada@alpine.example")
    page = f"{_waiting(alpine)}{came}/link/"
    assert "Otto Other" in text_of(ada.get(page))
    assert "Otto Other" not in text_of(ada.get(f"{page}?q=admin"))
    assert "Choose the user" in text_of(ada.post(page, {}))
    assert ada.post(page, {"user": own}).status_code == 302
    with marketplace_scope(cast.northwind.pk):
        live = UserLink.objects.get(person=person, ended_at=None)
        assert (live.membership_id, live.made_by) == (own, "person")
        assert Membership.objects.get(pk=came).state == MembershipState.INACTIVE
        assert Membership.objects.get(pk=own).state == MembershipState.ACTIVE
    assert "Nobody waits" in text_of(ada.get(_waiting(alpine)))


@pytest.mark.usefixtures("people")
def test_the_page_of_user_sync_counts_and_says_how_people_are_read(cast: Cast, alpine: Company, ada: Client) -> None:
    words = text_of(ada.get(f"/company/{alpine.pk}/user-sync/microsoft/"))
    for said in (
        "4 assigned",
        "4 synced",
        "4 waiting",
        "1 left for a person",
        "through Microsoft Graph",
        "Anna Arrived",
    ):
        assert said in words
    assert "Nobody waits" in text_of(ada.get(f"/company/{alpine.pk}/user-sync/google/"))
    assert ada.get(f"/company/{alpine.pk}/user-sync/amazon/").status_code == 404


def test_a_tenant_that_cannot_be_read_says_since_when_and_why(
    alpine: Company, ada: Client, people: dict[str, DirectoryUser]
) -> None:
    reading = PeopleReading.objects.get()
    reading.stale_since = reading.users_at
    reading.failure = {"what": "The delegated role is gone.", "next": "Ask for it again."}
    reading.save()
    words = text_of(ada.get(f"/company/{alpine.pk}/user-sync/microsoft/"))
    assert "can't be read" in words
    assert "The delegated role is gone. Ask for it again." in words
    assert "4 assigned" in words


def test_the_list_says_of_everybody_what_becomes_of_them_and_why_and_narrows(
    cast: Cast, alpine: Company, people: dict[str, DirectoryUser]
) -> None:
    owner = cast.client("owner")
    words = text_of(owner.get("/users/directories/"))
    for said in ("6 people", "Gus Guest", "stays out", SENTENCES[Reason.GUEST], "left for a person"):
        assert said in words
    skipped = text_of(owner.get(f"/users/directories/?company={alpine.pk}&verdict=skipped"))
    assert "Tim Twin" in skipped
    assert "Gus Guest" not in skipped
    assert "Nobody fits these filters" in text_of(owner.get("/users/directories/?provider=google"))
    assert "Nobody here" in text_of(cast.client("stranger").get("/users/directories/"))
    assert cast.client("stranger").get(f"/users/directories/{people['Tim Twin'].pk}/").status_code == 404


def test_one_person_shows_what_the_directory_says_why_and_is_unlinked_for_good(
    cast: Cast, people: dict[str, DirectoryUser]
) -> None:
    owner, anna = cast.client("owner"), people["Anna Arrived"]
    words = text_of(owner.get(f"/users/directories/{anna.pk}/"))
    for said in ("Comes in.", "sku-1 sku-2", "anna@alpine.example", "Came in through the sync"):
        assert said in words
    assert SENTENCES[Reason.SHARED_ADDRESS] in text_of(owner.get(f"/users/directories/{people['Tim Twin'].pk}/"))
    owner.post(f"/users/directories/{anna.pk}/unlink/")
    with marketplace_scope(cast.northwind.pk):
        link = UserLink.objects.select_related("membership").get(person=anna)
        assert (link.ended_at is not None, link.end_reason) == (True, "by_hand")
    assert "Nobody is linked." in text_of(owner.get(f"/users/directories/{anna.pk}/"))
    told = text_of(owner.get(f"/companies/{link.membership.company_id}/")).split("History")[1]
    assert "Follows a directory no more" in told


def test_licences_are_shown_by_name_everywhere_and_the_id_stays_within_reach(
    cast: Cast, people: dict[str, DirectoryUser], alpine: Company, ada: Client
) -> None:
    name_licence("sku-1", "Microsoft 365 E3")
    name_licence("sku-2", "Of Another", provider="google")
    owner, anna = cast.client("owner"), people["Anna Arrived"]
    with marketplace_scope(cast.northwind.pk):
        user = User.objects.get(email=ANNA.email)
    for client, address in (
        (owner, f"/users/directories/{anna.pk}/"), (owner, f"/users/{user.pk}/"), (ada, _waiting(alpine)),
    ):  # fmt: skip
        page = client.get(address)
        assert "Microsoft 365 E3" in text_of(page), address
        assert "sku-1" in page.text, address
        assert "sku-2" in text_of(page), "an unknown name is the id"
        assert "Of Another" not in page.text
    content = b"".join(owner.get("/users/export.csv?q=anna").streaming_content).decode()  # type: ignore[attr-defined]  # a file
    assert content.splitlines()[0].endswith(",licences")
    assert content.splitlines()[1].endswith(",Microsoft 365 E3; sku-2")


def test_more_licences_than_fit_fold_away_in_the_list_of_who_waits(cast: Cast, alpine: Company, ada: Client) -> None:
    add_directory(alpine, cast.connection, Somebody("Max Many", "max@alpine.example", licences=("a", "b", "c", "d")))
    assert "a b and 2 more c d" in text_of(ada.get(_waiting(alpine)))


@pytest.mark.usefixtures("people")
def test_a_user_s_page_says_where_each_field_comes_from(cast: Cast) -> None:
    with marketplace_scope(cast.northwind.pk):
        user = User.objects.get(email=ANNA.email)
    words = text_of(cast.client("owner").get(f"/users/{user.pk}/"))
    assert "Where it comes from" in words
    assert "as of 5 minutes ago" in words
    assert "the directory wins" in words


@pytest.mark.usefixtures("people")
def test_a_company_s_page_counts_its_people_and_forces_a_sync_or_says_why_not(cast: Cast, alpine: Company) -> None:
    owner, page = cast.client("owner"), f"/companies/{alpine.pk}/"
    words = text_of(owner.get(page))
    assert "4 waiting" in words
    assert "1 left for a person" in words
    assert "Force user sync" not in words
    refused = text_of(owner.post(f"{page}user-sync/", follow=True))
    assert "User Sync is not enabled for this marketplace." in refused
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(user_sync_microsoft=True)
        UserSyncSettings.objects.create(marketplace=cast.northwind, provider="microsoft", user_sync=True)
    assert "Force user sync" in text_of(owner.get(page))
    assert cast.client("stranger").post(f"{page}user-sync/").status_code == 404
    with marketplace_scope(cast.northwind.pk):
        assert not Run.objects.exists()


def test_the_lists_ask_as_often_for_forty_people_as_for_two(cast: Cast, alpine: Company, ada: Client) -> None:
    pages = ("/users/directories/", _waiting(alpine), f"/companies/{alpine.pk}/")
    add_directory(alpine, cast.connection, ANNA, TWINS)
    few = [queries(cast.client("owner"), page) for page in pages]
    skus = [f"sku-{number}" for number in range(38)]
    many = [
        Somebody(f"Person {n:02}", f"p{n}@alpine.example", licences=skus[: n + 1]) for n in range(len(skus))
    ]  # fmt: skip
    add_directory(alpine, cast.connection, *many)
    for number in range(3, 30):
        name_licence(skus[number], f"Plan {number}")
    assert [queries(cast.client("owner"), page) for page in pages] == few
    assert max(few) <= 40


def test_why_a_person_is_like_this_is_one_page_that_changes_nothing(
    cast: Cast, people: dict[str, DirectoryUser], alpine: Company
) -> None:
    guest = people["Gus Guest"]
    page = text_of(cast.client("owner").get(f"/users/directories/{guest.pk}/why/"))
    assert "Is User Sync on for this provider?" in page
    assert "No connection of this marketplace sees it now." in page
    assert f"/users/directories/{guest.pk}/why/" in cast.client("owner").get(f"/users/directories/{guest.pk}/").text
    assert cast.client("stranger").get(f"/users/directories/{guest.pk}/why/").status_code == 404
    DirectoryUser.objects.filter(pk=guest.pk).update(emptied_at=guest.changed_at)
    assert "Nothing is known of this person any more" in text_of(
        cast.client("owner").get(f"/users/directories/{guest.pk}/why/")
    )

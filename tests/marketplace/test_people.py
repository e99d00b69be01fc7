"""Bringing people into companies without taking anybody over; the last administrator; corrections."""

from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.marketplace.conftest import MANAGER, SYNC, Store, actions, last_event

from tenantry.accounts.models import Account
from tenantry.audit.models import Event
from tenantry.core.permissions import Role
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import (
    Company,
    CompanyOrigin,
    Membership,
    MembershipRole,
    MembershipState,
    User,
    UserKey,
)
from tenantry.marketplace.people.services import (
    Arrival,
    LastAdministrator,
    Outcome,
    PersonDraft,
    PersonRefused,
    StaleUser,
    bring_people,
    change_role,
    deactivate_membership,
    edit_user,
    reactivate_membership,
)
from tenantry.marketplace.queries import workplaces_of
from tenantry.marketplace.services import create_marketplace, give_role

ADMINISTRATOR, USER = MembershipRole.ADMINISTRATOR, MembershipRole.USER


def _snapshot(user_id: int) -> dict[str, object]:
    return dict(User.objects.filter(pk=user_id).values()[0])


def test_an_unknown_address_becomes_a_person_of_the_marketplace(store: Store) -> None:
    company = store.company()
    brought = store.bring(company, " Eva.Maier@Fabrikam.COM", "Eva Maier", role="administrator")
    assert brought.outcome == Outcome.CREATED
    user, membership = User.objects.get(), Membership.objects.get()
    assert (user.email, user.name, user.sort_name) == ("eva.maier@fabrikam.com", "Eva Maier", "maier eva")
    assert (membership.role, membership.state, membership.profile_last_name) == ("administrator", "active", "Maier")
    assert {"eva", "maier", "fabrikam.com"} <= set(UserKey.objects.values_list("key", flat=True))
    event, personal = last_event()
    assert (event.action, event.target_id) == ("marketplace.membership.added", str(company.pk))
    assert "Maier" not in str((event.after, event.before, event.target_name))
    assert personal == {"email": "eva.maier@fabrikam.com", "first_name": "Eva", "last_name": "Maier"}
    assert Company.objects.get().has_had_administrator


def test_bringing_somebody_again_changes_nothing(store: Store) -> None:
    company = store.company()
    first = store.bring(company, "eva@fabrikam.com", "Eva Maier")
    events = Event.objects.count()
    again = store.bring(company, "EVA@fabrikam.com", "Eva Maier", role="administrator")
    assert (again.membership_id, again.outcome) == (first.membership_id, Outcome.ALREADY)
    assert Membership.objects.get().role == USER
    assert Event.objects.count() == events


def test_a_profile_follows_its_directory_and_blanks_erase_nothing(store: Store) -> None:
    company = store.company()
    store.bring(company, "eva@fabrikam.com", "Eva Maier")
    store.bring(company, "eva@fabrikam.com", "Eva")
    store.bring(company, "eva@fabrikam.com", "Evi Huber")
    membership, user = Membership.objects.get(), User.objects.get()
    assert (membership.profile_first_name, membership.profile_last_name) == ("Evi", "Huber")
    assert user.name == "Eva Maier"
    assert actions()[-1] == "marketplace.membership.profile_changed"
    assert last_event()[1]["before"] == {"first_name": "Eva", "last_name": "Maier"}


def test_somebody_deactivated_stays_so_when_the_directory_brings_them_again(store: Store) -> None:
    company = store.company()
    brought = store.bring(company, "eva@fabrikam.com")
    deactivate_membership(membership_id=brought.membership_id, actor=MANAGER, now=store.now)
    assert store.bring(company, "eva@fabrikam.com").outcome == Outcome.INACTIVE
    assert Membership.objects.get().state == MembershipState.INACTIVE


def test_a_directory_that_claims_another_company_s_person_gets_nothing_of_them(store: Store) -> None:
    own, claiming = store.company("Own"), store.company("Claiming")
    account = store.account("eva@own.com")
    eva = store.bring(own, "eva@own.com", "Eva Maier", role="administrator")
    User.objects.filter(pk=eva.user_id).update(account=account)
    before, place = _snapshot(eva.user_id), Membership.objects.filter(pk=eva.membership_id).values()[0]
    claimed = store.bring(claiming, "EVA@OWN.com", "Mallory Hack", role="administrator")
    assert (claimed.user_id, claimed.outcome) == (eva.user_id, Outcome.AWAITING)
    assert _snapshot(eva.user_id) == before
    assert Membership.objects.filter(pk=eva.membership_id).values()[0] == place
    membership = Membership.objects.get(pk=claimed.membership_id)
    assert (membership.state, membership.profile_first_name) == (MembershipState.AWAITING, "Mallory")
    assert not UserKey.objects.filter(key="mallory").exists()
    _, personal = last_event()
    assert personal == {"email": "eva@own.com", "first_name": "Mallory", "last_name": "Hack"}


def test_a_claimed_company_is_no_workplace_until_its_person_accepts(store: Store) -> None:
    own, claiming = store.company("Own"), store.company("Claiming")
    account = store.account("eva@own.com")
    eva = store.bring(own, "eva@own.com")
    User.objects.filter(pk=eva.user_id).update(account=account)
    Membership.objects.filter(pk=eva.membership_id).update(state=MembershipState.ACTIVE)
    store.bring(claiming, "eva@own.com", role="administrator")
    assert [place.role for place in workplaces_of(account_id=account.pk)] == [Role.USER]


@pytest.mark.parametrize("kind", ["staff", "operator", "login of another marketplace"])
def test_a_directory_that_claims_the_address_of_a_login_gets_nothing_of_it(store: Store, kind: str) -> None:
    account = store.account("boss@people.example", operator=kind == "operator")
    if kind == "staff":
        give_role(account_id=account.pk, account_name="Boss", role=Role.MANAGER, actor=MANAGER, now=store.now)
    before = Account.objects.filter(pk=account.pk).values()[0]
    places = workplaces_of(account_id=account.pk)
    brought = store.bring(store.company(), "Boss@people.example", "Mallory Hack", role="administrator")
    assert brought.outcome == Outcome.AWAITING
    user = User.objects.get()
    assert (user.account, user.name) == (None, "Mallory Hack")
    assert Membership.objects.get().state == MembershipState.AWAITING
    assert Account.objects.filter(pk=account.pk).values()[0] == before
    assert workplaces_of(account_id=account.pk) == places


def test_people_of_another_marketplace_are_neither_found_nor_told_of(store: Store) -> None:
    brought = store.bring(store.company(), "eva@fabrikam.com", "Eva Maier")
    assert brought.outcome == Outcome.CREATED
    assert User.objects.count() == 1


def test_many_arrivals_are_settled_among_themselves(store: Store) -> None:
    one, two = store.company("One"), store.company("Two")
    store.bring(one, "old@one.com")
    people = [
        Arrival(one.pk, PersonDraft("new@one.com"), USER),
        Arrival(two.pk, PersonDraft("NEW@one.com"), ADMINISTRATOR),
        Arrival(one.pk, PersonDraft("new@one.com", "Again"), ADMINISTRATOR),
        Arrival(two.pk, PersonDraft("old@one.com"), USER),
        Arrival(two.pk, PersonDraft("", "Without", "Address"), USER),
        Arrival(one.pk, PersonDraft("", "Without", "Address"), USER),
    ]
    brought = bring_people(arrivals=people, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now)
    assert [each.outcome.value for each in brought] == [
        "created", "awaiting", "created", "awaiting", "created", "created"
    ]  # fmt: skip
    assert brought[0].membership_id == brought[2].membership_id
    assert Membership.objects.get(pk=brought[0].membership_id).role == USER
    assert (User.objects.count(), Membership.objects.count()) == (4, 6)
    again = bring_people(arrivals=people, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now)
    assert {each.outcome for each in again} == {Outcome.ALREADY}
    assert [each.membership_id for each in again] == [each.membership_id for each in brought]


def test_many_people_cost_as_many_statements_as_two(store: Store) -> None:
    company = store.company()

    def cost(count: int, mark: str) -> int:
        people = [Arrival(company.pk, PersonDraft(f"{mark}{n}@fabrikam.com", "Eva"), USER) for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            bring_people(arrivals=people, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now)
        return len(queries)

    cost(1, "warm")
    assert cost(2, "two") == cost(300, "many") < 40


def test_a_bad_arrival_writes_nobody(store: Store) -> None:
    company = store.company()
    people = [
        Arrival(company.pk, PersonDraft("eva@fabrikam.com"), USER),
        Arrival(company.pk, PersonDraft("eva@"), USER),
    ]
    with pytest.raises(PersonRefused, match="'eva@' is not an e-mail address"):
        bring_people(arrivals=people, origin=CompanyOrigin.IMPORT, actor=MANAGER, now=store.now)
    with pytest.raises(Company.DoesNotExist):
        bring_people(
            arrivals=[Arrival(10**9, PersonDraft("a@b.com"), USER)],
            origin=CompanyOrigin.SYNC,
            actor=SYNC,
            now=store.now,
        )
    assert not User.objects.exists()


def test_the_database_itself_keeps_addresses_unique_whatever_their_case(store: Store) -> None:
    store.bring(store.company(), "eva@fabrikam.com")
    with pytest.raises(IntegrityError, match="one_user_per_email"), transaction.atomic():
        User.objects.create(marketplace_id=store.pk, email="EVA@Fabrikam.com", origin="import", created_at=store.now)


def test_the_last_administrator_stays(store: Store) -> None:
    company = store.company()
    first = store.bring(company, "eva@fabrikam.com", role="administrator").membership_id
    with pytest.raises(LastAdministrator, match="Make somebody else"):
        deactivate_membership(membership_id=first, actor=MANAGER, now=store.now)
    with pytest.raises(LastAdministrator, match="Make somebody else"):
        change_role(membership_id=first, role=USER, actor=MANAGER, now=store.now)
    second = store.bring(company, "ida@fabrikam.com").membership_id
    assert change_role(membership_id=second, role=ADMINISTRATOR, actor=MANAGER, now=store.now)
    assert not change_role(membership_id=second, role=ADMINISTRATOR, actor=MANAGER, now=store.now)
    assert deactivate_membership(membership_id=first, actor=MANAGER, now=store.now)
    assert not deactivate_membership(membership_id=first, actor=MANAGER, now=store.now)
    assert change_role(membership_id=first, role=USER, actor=MANAGER, now=store.now)  # one that counts no more
    with pytest.raises(LastAdministrator):
        deactivate_membership(membership_id=second, actor=MANAGER, now=store.now)


def test_past_the_services_the_database_keeps_the_last_administrator(database: str, now: datetime) -> None:
    store = Store(create_marketplace(name="Northwind", actor=MANAGER, now=now).pk, 0, now)  # it speaks at the commit
    with marketplace_scope(store.pk):
        place = store.bring(store.company(), "eva@fabrikam.com", role="administrator").membership_id
    with pytest.raises(IntegrityError, match="without an administrator"), marketplace_scope(store.pk):
        Membership.objects.filter(pk=place).update(state=MembershipState.INACTIVE)
    with marketplace_scope(store.pk):
        assert Membership.objects.get(pk=place).state == MembershipState.ACTIVE


def test_a_place_comes_back_as_it_may(store: Store) -> None:
    own, claiming = store.company("Own"), store.company("Claiming")
    eva = store.bring(own, "eva@own.com").membership_id
    claimed = store.bring(claiming, "eva@own.com").membership_id
    alone = store.bring(own, "ida@own.com").membership_id
    for place in (eva, claimed, alone):
        deactivate_membership(membership_id=place, actor=MANAGER, now=store.now)
    Membership.objects.filter(pk=eva).update(accepted_at=store.now)
    for place in (eva, claimed, alone):
        assert reactivate_membership(membership_id=place, actor=MANAGER, now=store.now)
        assert not reactivate_membership(membership_id=place, actor=MANAGER, now=store.now)
    states = dict(Membership.objects.values_list("pk", "state"))
    assert states == {eva: "active", claimed: "awaiting", alone: "active"}


def test_a_person_is_corrected_and_told_of_sealed(store: Store) -> None:
    user = User.objects.get(pk=store.bring(store.company(), "eva@fabrikam.com", "Eva Maier").user_id)
    changes = {"last_name": "Huber", "email": "Eva.Huber@fabrikam.com"}
    news = edit_user(user_id=user.pk, seen_version=0, changes=changes, actor=MANAGER, now=store.now)
    assert news == {"last_name": "Huber", "email": "eva.huber@fabrikam.com"}
    user.refresh_from_db()
    assert (user.sort_name, user.version) == ("huber eva", 1)
    event, personal = last_event()
    assert event.after == {"fields": ["email", "last_name"]}
    assert personal["before"] == {"last_name": "Maier", "email": "eva@fabrikam.com"}
    with pytest.raises(StaleUser):
        edit_user(user_id=user.pk, seen_version=0, changes={"phone": "1"}, actor=MANAGER, now=store.now)
    assert (
        edit_user(user_id=user.pk, seen_version=1, changes={"last_name": "Huber"}, actor=MANAGER, now=store.now) == {}
    )


def test_the_address_of_somebody_who_is_elsewhere_or_signs_in_stays(store: Store) -> None:
    own, other = store.company("Own"), store.company("Other")
    both = store.bring(own, "eva@own.com").user_id
    store.bring(other, "eva@own.com")
    login = store.bring(own, "ida@own.com").user_id
    User.objects.filter(pk=login).update(account=store.account("ida@own.com"))
    for user_id in (both, login):
        with pytest.raises(PersonRefused, match="can't be changed here"):
            edit_user(user_id=user_id, seen_version=0, changes={"email": "x@own.com"}, actor=MANAGER, now=store.now)
        assert edit_user(user_id=user_id, seen_version=0, changes={"phone": "1"}, actor=MANAGER, now=store.now)


def test_an_address_can_t_be_changed_into_somebody_else_s(store: Store) -> None:
    company = store.company()
    store.bring(company, "eva@own.com")
    ida = store.bring(company, "ida@own.com")
    with pytest.raises(PersonRefused, match="Another person"):
        edit_user(user_id=ida.user_id, seen_version=0, changes={"email": "EVA@own.com"}, actor=MANAGER, now=store.now)
    store.account("boss@people.example")
    edit_user(
        user_id=ida.user_id, seen_version=0, changes={"email": "boss@people.example"}, actor=MANAGER, now=store.now
    )
    assert Membership.objects.get(pk=ida.membership_id).state == MembershipState.AWAITING

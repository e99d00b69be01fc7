"""Gathers what the marketplace knows of people of directories, for planning. In its scope, in a dozen queries."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database

from tenantry.core.planning.users.planning import Known
from tenantry.core.planning.users.views import OWN_FIELDS, DirectoryPerson, LinkView, LivingLink, MembershipView
from tenantry.isolation.arrays import is_one_of
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Membership, MembershipRole, MembershipState, User
from tenantry.marketplace.people.places import logins_among
from tenantry.sync.models import LinkMaker, TenantLink, UserLink
from tenantry.sync.people.ends import EndReason

# Each person is looked up singly: PostgreSQL takes tables that it has not counted yet for empty, and sorts them whole.
_LINKS = """
select l.person_id, l.id, l.membership_id, l.ended_at is null, l.made_by, l.end_reason, l.deactivated, m.company_id,
    l.taken_back
from unnest(%s::bigint[]) as wanted(person_id)
cross join lateral (
    select * from sync_userlink where marketplace_id = %s and person_id = wanted.person_id order by id desc limit 1
) l
cross join lateral (select company_id from marketplace_membership where id = l.membership_id limit 1) m
"""
_OF_OTHER_DIRECTORIES = """
select p.email, p.user_name, p.aliases, l.membership_id from sync_directoryuser p
join sync_userlink l on l.person_id = p.id and l.marketplace_id = %(marketplace)s and l.ended_at is null
where p.tenant_id = any(%(tenants)s) and p.emptied_at is null
and (p.email = any(%(addresses)s) or p.user_name = any(%(addresses)s) or p.aliases && %(addresses)s::text[])
"""
_PLACES = """
select m.id, m.user_id, m.company_id, m.role, m.state, m.profile_first_name, m.profile_last_name, m.accepted_at,
    u.email, u.first_name, u.last_name, u.phone, u.language, u.account_id, u.erased_at,
    exists (select from marketplace_pin pin where pin.membership_id = m.id),
    (select count(*) from marketplace_membership o where o.user_id = m.user_id)
from marketplace_membership m join marketplace_user u on u.id = m.user_id
where m.marketplace_id = %s and m.id = any(%s)
"""


@dataclass(slots=True)
class _Links:
    """All links of some memberships: those that live, who was linked before, and which places the sync made."""

    live: dict[int, list[LivingLink]] = field(default_factory=dict)
    past: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    brought: set[int] = field(default_factory=set)
    taken_away: dict[int, bool] = field(default_factory=dict)


def gather_known(
    people: Sequence[DirectoryPerson], shared: Mapping[int, Collection[str]], precedence: Mapping[str, int]
) -> Known:
    """Return what is known of these people. ``precedence`` is that of each provider."""
    if not people:
        return Known()
    companies = {person.person_id: person.company_id for person in people}
    links = _links(companies)
    unknown = [person for person in people if person.person_id not in links]  # a link decides before any address
    held = _held(unknown) if unknown else {}
    memberships = _places(
        {link.membership_id for link in links.values()} | {key for found in held.values() for key in found.values()},
        precedence,
    )
    return Known(
        links=links,
        memberships=memberships,
        holders={
            company: {address: memberships[key] for address, key in found.items() if key in memberships}
            for company, found in held.items()
        },
        shared=shared,
        administrators=_administrators(set(companies.values())),
        taken=_taken({person.values["email"] for person in people if person.values.get("email")}),
    )


def _links(companies: Mapping[int, int]) -> dict[int, LinkView]:
    """Return the latest link of each person; one that leads to another company than the tenant's is none."""
    with database.cursor() as cursor:
        cursor.execute(_LINKS, [list(companies), current_marketplace_id()])
        rows = cursor.fetchall()
    return {
        person: LinkView(
            link, membership, live, by_hand=made_by == LinkMaker.PERSON, ended_by_hand=reason == EndReason.BY_HAND,
            deactivated=deactivated, taken_back=json.loads(taken_back),
        )
        for person, link, membership, live, made_by, reason, deactivated, company, taken_back in rows
        if companies[person] == company
    }  # fmt: skip


def _held(people: Iterable[DirectoryPerson]) -> dict[int, dict[str, int]]:
    """Return the memberships of each company by the addresses of these people that lead to them."""
    addresses = sorted({address for person in people for address in person.addresses})
    companies = {person.company_id for person in people}
    held: dict[int, dict[str, int]] = {}
    for company, tenants in _with_several_directories(companies).items():
        for address, key in _of_other_directories(tenants, addresses):
            held.setdefault(company, {})[address] = key
    rows = Membership.objects.filter(is_one_of("company_id", companies), is_one_of("user__email", addresses))
    for company, address, key in rows.values_list("company_id", "user__email", "pk"):
        held.setdefault(company, {})[address] = key
    return held


def _with_several_directories(companies: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = TenantLink.objects.filter(is_one_of("company_id", companies), ended_at=None)
    for company, tenant in rows.values_list("company_id", "tenant_id"):
        found.setdefault(company, []).append(tenant)
    return {company: tenants for company, tenants in found.items() if len(tenants) > 1}


def _of_other_directories(tenants: list[int], addresses: list[str]) -> Iterable[tuple[str, int]]:
    wanted = set(addresses)
    with database.cursor() as cursor:
        place: dict[str, Any] = {"marketplace": current_marketplace_id(), "tenants": tenants, "addresses": addresses}
        cursor.execute(_OF_OTHER_DIRECTORIES, place)
        for email, user_name, aliases, key in cursor.fetchall():
            for address in {email, user_name, *(aliases or ())} & wanted:
                yield address, key


def _places(ids: Collection[int], precedence: Mapping[str, int]) -> dict[int, MembershipView]:
    if not ids:
        return {}
    links = _links_of(ids, precedence)
    with database.cursor() as cursor:
        cursor.execute(_PLACES, [current_marketplace_id(), list(ids)])
        rows = cursor.fetchall()
    logins = logins_among(row[8] for row in rows)
    return {row[0]: _place(row, links, logins) for row in rows}


def _place(row: Sequence[Any], links: _Links, logins: Collection[str]) -> MembershipView:
    key, user, _, role, state, first, last, accepted, email, *own, account, erased, pinned, places = row
    has_login = account is not None or email in logins
    return MembershipView(
        membership_id=key,
        user_id=user,
        administrator=role == MembershipRole.ADMINISTRATOR,
        active=state != MembershipState.INACTIVE,
        brought=key in links.brought,
        pinned=pinned,
        taken_away=state == MembershipState.INACTIVE and not pinned and links.taken_away.get(key, False),
        own=key in links.brought and places == 1 and accepted is None and not has_login and erased is None,
        has_login=has_login,
        erased=erased is not None,
        profile={"first_name": first, "last_name": last},
        user=dict(zip(OWN_FIELDS, (email, *own), strict=True)),
        live=tuple(links.live.get(key, ())),
        past_people=frozenset(links.past.get(key, ())),
    )


def _links_of(ids: Collection[int], precedence: Mapping[str, int]) -> _Links:
    found = _Links()
    rows = (
        UserLink.objects.filter(is_one_of("membership_id", ids))
        .order_by("id")
        .values_list(
            "membership_id", "person_id", "tenant_id", "tenant__provider", "made_by", "ended_at", "deactivated"
        )
    )
    for key, person, tenant, provider, made_by, ended, deactivated in rows:
        found.taken_away[key] = deactivated
        if made_by == LinkMaker.CREATED:
            found.brought.add(key)
        if ended is None:
            found.live.setdefault(key, []).append(LivingLink(person, tenant, precedence.get(provider, 0)))
        else:
            found.past.setdefault(key, set()).add((person, tenant))
    return found


def _administrators(companies: Collection[int]) -> dict[int, frozenset[int]]:
    rows = Membership.objects.filter(is_one_of("company_id", companies), role=MembershipRole.ADMINISTRATOR)
    found: dict[int, set[int]] = {}
    for company, key in rows.exclude(state=MembershipState.INACTIVE).values_list("company_id", "pk"):
        found.setdefault(company, set()).add(key)
    return {company: frozenset(keys) for company, keys in found.items()}


def _taken(emails: Collection[str]) -> dict[str, int]:
    return dict(User.objects.filter(is_one_of("email", sorted(emails))).values_list("email", "pk"))

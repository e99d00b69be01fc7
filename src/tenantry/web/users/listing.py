"""The context of the users' list (``users/list.html`` and ``users/_table.html``), and its export."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.listing import BoundedCount
from tenantry.listing.tabs import total_of
from tenantry.marketplace.models import CompanyOrigin, Membership, MembershipRole, User
from tenantry.marketplace.people.queries import DEFAULT_ORDER, TABS, Listed, Wanted, every_user, order_of
from tenantry.sync.people.licence_names import licences_of_users
from tenantry.sync.people.origins import origins_in_words
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded
from tenantry.web.selects import select
from tenantry.web.texts import legible

ALL = "all"
_EXPORTED_AT_ONCE = 500
_ORIGINS = [
    (each.value, "Company Sync or User Sync" if each is CompanyOrigin.SYNC else each.label) for each in CompanyOrigin
]
_TAB_WORDS = {ALL: "All", "sign-in": "Can sign in", "no-login": "Without login"}
_EMPTY_TABS = {
    "sign-in": "Nobody has accepted an invitation yet.",
    "no-login": "Everybody can sign in.",
}
_SORTS = (
    ("name", "Name, A to Z"),
    ("-name", "Name, Z to A"),
    ("-created", "Newest first"),
    ("created", "Oldest first"),
)
_KEPT = ("q", "role", "origin")
_SHOWN_PLACES = 2
EXPORT_HEADS = ("first name", "last name", "e-mail", "phone", "can sign in", "companies and roles", "origin", "created",
                "licences")  # fmt: skip


def wanted_by(request: HttpRequest) -> Wanted:
    """Read what a person looks at from the URL. Anything that makes no sense counts as not given."""
    tab = request.GET.get("tab", "")
    return Wanted(
        tab=tab if tab in TABS else ALL,
        filters={name: request.GET.get(name, "") for name in _KEPT},
        order=order_of(request.GET.get("sort", "")),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )


def kept_query(wanted: Wanted, *, tab: str | None = None, place: bool = False) -> str:
    """Return the query string that shows the same again: in another tab if given, at the same ``place`` if asked."""
    tab = tab or wanted.tab
    kept = {"tab": "" if tab == ALL else tab, **{name: wanted.filters[name] for name in _KEPT}}
    kept["sort"] = "" if wanted.order == DEFAULT_ORDER else wanted.order.tag
    return query_of(kept | ({"after": wanted.after, "before": wanted.before} if place else {}))


def list_context(request: HttpRequest, wanted: Wanted, listed: Listed) -> dict[str, Any]:
    """Return everything that the list and its table need."""
    address = reverse("web:user-list")
    origins = origins_in_words(listed.page.rows)
    rows = [_row(user, listed.places.get(user.pk, ()), origins[user.pk]) for user in listed.page.rows]
    return {
        "rows": rows,
        "total": bounded(total_of(wanted.tab, listed.counts, listed.page)),
        "sort": wanted.order.tag,
        "pager": pager(request, listed.page),
        "tabs": [_tab(name, wanted, listed.counts[name]) for name in TABS],
        "filters": _filters(wanted, listed, address),
        "export_url": reverse("web:user-export") + kept_query(wanted),
        "empty": "" if rows else _why_empty(wanted, listed),
        "empty_note": _EMPTY_TABS.get(wanted.tab, ""),
    }


def _tab(name: str, wanted: Wanted, count: BoundedCount | None) -> dict[str, Any]:
    url = reverse("web:user-list") + kept_query(wanted, tab=name)
    return {"label": _TAB_WORDS[name], "url": url, "active": name == wanted.tab, **bounded(count)}


def _row(user: User, places: Sequence[Membership], origin: str) -> dict[str, Any]:
    return {
        "pk": user.pk,
        "name": legible(user.name or user.email),
        "email": legible(user.email),
        "places": [
            {
                "company": legible(place.company.name),
                "pk": place.company_id,
                "administrator": place.role == MembershipRole.ADMINISTRATOR,
                "state": "" if place.state == "active" else place.get_state_display(),
            }
            for place in places[:_SHOWN_PLACES]
        ],
        "more_places": max(0, len(places) - _SHOWN_PLACES),
        "signs_in": user.account_id is not None,
        "origin": origin,
        "created": user.created_at,
    }


def _filters(wanted: Wanted, listed: Listed, address: str) -> dict[str, Any]:
    values = {name: str(value or "") for name, value in listed.applied.values.items()}
    cleared = Wanted(wanted.tab, dict.fromkeys(_KEPT, ""), wanted.order)
    return {
        "action": address,
        "search": {"value": wanted.filters["q"], "label": "Search name or e-mail"},
        "selects": [
            select("role", "Role: any", values["role"], [(each.value, each.label) for each in MembershipRole]),
            select("origin", "Origin: any", values["origin"], _ORIGINS),
        ],
        "hidden": [] if wanted.tab == ALL else [{"name": "tab", "value": wanted.tab}],
        "sorts": {"value": wanted.order.tag, "options": [{"value": value, "label": label} for value, label in _SORTS]},
        "clear_url": address + kept_query(cleared),
        "filtered": listed.applied.narrowed,
    }


def _why_empty(wanted: Wanted, listed: Listed) -> str:
    if listed.applied.narrowed:
        return "filtered"
    return "tab" if wanted.tab != ALL else "none"


def export_rows(wanted: Wanted) -> Iterator[tuple[object, ...]]:
    """Return the rows of the export, in the order of ``EXPORT_HEADS``."""
    everybody = every_user(wanted)
    while some := list(islice(everybody, _EXPORTED_AT_ONCE)):
        yield from _export_rows(some)


def _export_rows(some: Sequence[tuple[User, Sequence[Membership]]]) -> Iterator[tuple[object, ...]]:
    origins = origins_in_words(user for user, _ in some)
    licences = licences_of_users([user.pk for user, _ in some])
    for user, places in some:
        companies = "; ".join(f"{place.company.name} ({place.get_role_display()})" for place in places)
        yield (
            user.first_name, user.last_name, user.email, user.phone, "yes" if user.account_id else "no", companies,
            origins[user.pk], user.created_at, "; ".join(each.word for each in licences.get(user.pk, ())),
        )  # fmt: skip

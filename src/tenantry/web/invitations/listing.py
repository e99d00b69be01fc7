"""The context of the list of invitations (``invitations/list.html`` and ``invitations/_table.html``)."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.listing import BoundedCount
from tenantry.listing.tabs import total_of
from tenantry.marketplace.invitations.queries import TABS, Listed, Wanted, mail_trouble
from tenantry.marketplace.models import LIVE_INVITATION, Company, Invitation, InvitationState
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded, counted
from tenantry.web.texts import legible

_TAB_WORDS = {"open": "Open", "accepted": "Accepted", "ended": "Ended"}
_TONES = {
    InvitationState.WAITING: "busy",
    InvitationState.SENT: "off",
    InvitationState.ACCEPTED: "good",
    InvitationState.REVOKED: "off",
    InvitationState.EXPIRED: "wait",
    InvitationState.BOUNCED: "bad",
}
_ICONS = {InvitationState.SENT: "paper-airplane"}
_EMPTY_TABS = {
    "open": "Nobody is invited whose answer is still to come. Invite people from the page of their company.",
    "accepted": "Nobody has accepted an invitation yet.",
    "ended": "No invitation has expired or was taken back.",
}
_KEPT = ("q", "company")


def wanted_by(request: HttpRequest, *, companies: Collection[int] | None) -> Wanted:
    """Read what a person looks at from the URL. Anything that makes no sense counts as not given."""
    tab = request.GET.get("tab", "")
    return Wanted(
        tab=tab if tab in TABS else "open",
        filters={name: request.GET.get(name, "") for name in _KEPT},
        companies=companies,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )


def kept_query(wanted: Wanted, *, tab: str | None = None, place: bool = False) -> str:
    """Return the query string that shows the same again: in another tab if given, at the same ``place`` if asked."""
    tab = tab or wanted.tab
    kept = {"tab": "" if tab == "open" else tab, **{name: wanted.filters[name] for name in _KEPT}}
    return query_of(kept | ({"after": wanted.after, "before": wanted.before} if place else {}))


def list_context(request: HttpRequest, wanted: Wanted, listed: Listed) -> dict[str, Any]:
    """Return everything that the list and its table need."""
    rows = [row_of(invitation) for invitation in listed.page.rows]
    return {
        "rows": rows,
        "total": bounded(total_of(wanted.tab, listed.counts, listed.page)),
        "pager": pager(request, listed.page),
        "tabs": [_tab(name, wanted, listed.counts[name]) for name in TABS],
        "filters": _filters(wanted, listed),
        "empty": "" if rows else "filtered" if listed.applied.narrowed else "tab",
        "empty_note": _EMPTY_TABS[wanted.tab],
        "trouble": _trouble(),
    }


def row_of(invitation: Invitation) -> dict[str, Any]:
    """Return one row as ``invitations/_table.html`` documents it."""
    membership, state = invitation.membership, InvitationState(invitation.state)
    replaced = state is InvitationState.REVOKED and bool(getattr(invitation, "replaced", False))
    name = f"{membership.profile_first_name} {membership.profile_last_name}".strip()
    return {
        "pk": invitation.pk,
        "name": legible(name or membership.user.name),
        "email": legible(invitation.email),
        "company": legible(membership.company.name),
        "role": membership.get_role_display(),
        "word": "replaced by a newer one" if replaced else state.label,
        "tone": _TONES[state],
        "icon": _ICONS.get(state, ""),
        "problem": invitation.problem if state in LIVE_INVITATION else "",
        "next_attempt": invitation.next_attempt_at if state is InvitationState.WAITING else None,
        "at": invitation.ended_at or invitation.sent_at or invitation.created_at,
        "expires": invitation.expires_at if state is InvitationState.SENT else None,
        "invited_by": invitation.invited_by_name,
        "can_revoke": state in LIVE_INVITATION,
        "can_bounce": state is InvitationState.SENT,
        "can_resend": state is not InvitationState.ACCEPTED and not getattr(invitation, "replaced", False),
    }


def _tab(name: str, wanted: Wanted, count: BoundedCount | None) -> dict[str, Any]:
    url = reverse("web:invitation-list") + kept_query(wanted, tab=name)
    return {"label": _TAB_WORDS[name], "url": url, "active": name == wanted.tab, **bounded(count)}


def _filters(wanted: Wanted, listed: Listed) -> dict[str, Any]:
    address = reverse("web:invitation-list")
    cleared = Wanted(wanted.tab, dict.fromkeys(_KEPT, ""))
    return {
        "action": address,
        "search": {"value": wanted.filters["q"], "label": "Search name or e-mail"},
        "selects": _company_select(listed, wanted),
        "hidden": [] if wanted.tab == "open" else [{"name": "tab", "value": wanted.tab}],
        "clear_url": address + kept_query(cleared),
        "filtered": listed.applied.narrowed,
    }


def _company_select(listed: Listed, wanted: Wanted) -> list[dict[str, Any]]:
    """Offer the company that was asked for; there may be too many to list, so a company's page leads here."""
    chosen = listed.applied.values["company"]
    if chosen is None:
        return []
    company = Company.objects.filter(pk=int(chosen)).first()
    if company is None or (wanted.companies is not None and company.pk not in wanted.companies):
        return []
    options = [
        {"value": "", "label": "Company: any"},
        {"value": str(company.pk), "label": legible(company.name)},
    ]
    return [{"name": "company", "label": "Company", "value": str(company.pk), "options": options}]


def _trouble() -> dict[str, str] | None:
    found = mail_trouble()
    if found is None:
        return None
    waiting = counted(found.waiting, "invitation waits", "invitations wait")
    if found.lacks:
        return {"title": "No e-mail can be sent", "sentence": f"{found.lacks} Until then {waiting}; nothing is lost."}
    return {
        "title": "E-mail is not getting through",
        "sentence": f"{found.problem} {waiting}; they are tried again by themselves, and nothing is lost.",
    }

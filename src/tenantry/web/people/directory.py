"""People of directories for those who look after the marketplace: who is in, out or left for a person, and why."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.core.permissions import Action
from tenantry.core.planning.users.reasons import SENTENCES, Reason, verdict_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.sync.models import UserLink
from tenantry.sync.people.explaining import explain_directory_person
from tenantry.sync.people.linking import unlink_person
from tenantry.sync.people.one_person import sync_person
from tenantry.sync.people.queries import PersonRow, count_by_reason, find_person, licences_of, list_people
from tenantry.sync.requests import SyncRefused
from tenantry.web.access import Visit, needs, needs_outside
from tenantry.web.addresses import pager, query_of
from tenantry.web.amounts import bounded
from tenantry.web.people.words import PROVIDERS, REASONS, VERDICTS, person_facts
from tenantry.web.rules import rule_row
from tenantry.web.selects import select
from tenantry.web.texts import legible

_FILTERS = ("company", "provider", "verdict", "reason")


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.SEE_COMPANIES)
def people_list(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  # every page gets its visit
    """List people of directories with what becomes of each and why: a full page, or its table alone for HTMX."""
    given = {name: request.GET.get(name, "") for name in _FILTERS}
    found = list_people(given, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    address = reverse("web:people-list")
    company = Company.objects.filter(pk=int(given["company"])).first() if given["company"].isdecimal() else None
    context = {
        "rows": [_row(row) for row in found.rows],
        "total": bounded(found.count),
        "pager": pager(request, found.page),
        "tabs": _tabs(given),
        "company": {"pk": company.pk, "name": legible(company.name)} if company else None,
        "filters": _filters(given, address),
        "narrowed": any(given[name] for name in ("provider", "reason", "company")),
    }
    htmx = getattr(request, "htmx", None)
    whole = not htmx or htmx.history_restore_request
    return render(request, "people/list.html" if whole else "people/_table.html", context)


def _row(row: PersonRow) -> dict[str, Any]:
    person, standing = row.standing.person, row.standing
    word, tone = VERDICTS[standing.verdict]
    return {
        "pk": person.pk,
        "name": legible(row.name) or "data removed",
        "user_name": legible(person.email or person.user_name or ""),
        "company": legible(standing.company.name),
        "company_pk": standing.company_id,
        "provider": PROVIDERS[standing.provider],
        "verdict": {"word": word, "tone": tone},
        "reason": row.reason,
        "since": standing.since,
    }


def _tabs(given: dict[str, str]) -> list[dict[str, Any]]:
    company = int(given["company"]) if given["company"].isdecimal() else None
    counts: dict[str, int] = {}
    for reason, count in count_by_reason(company_id=company, provider=given["provider"]).items():
        counts[verdict_of(reason).value] = counts.get(verdict_of(reason).value, 0) + count
    kept = {"company": given["company"], "provider": given["provider"]}
    tabs = [("", "All", sum(counts.values())), *((code, word, counts.get(code, 0)) for code, word in _TABS)]
    return [
        {"label": word, "url": reverse("web:people-list") + query_of(kept | {"verdict": code}),
         "active": given["verdict"] == code, "count": count}
        for code, word, count in tabs
    ]  # fmt: skip


_TABS = (("in", "Come in"), ("out", "Stay out"), ("skipped", "Left for a person"))


def _filters(given: dict[str, str], address: str) -> dict[str, Any]:
    hidden = [{"name": name, "value": given[name]} for name in ("company", "verdict") if given[name]]
    return {
        "action": address,
        "selects": [
            select("provider", "Provider: any", given["provider"], list(PROVIDERS.items())),
            select("reason", "Reason: any", given["reason"], [(each.value, REASONS[each]) for each in Reason]),
        ],
        "hidden": hidden,
        "clear_url": address,
        "filtered": bool(given["provider"] or given["reason"]),
    }


@require_safe
@needs(Action.SEE_COMPANIES)
def person_page(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one person of a directory: what it says of them, what becomes of them here and why."""
    return render(request, "people/person.html", _person(visit, _found(pk)))


def _found(pk: int) -> PersonRow:
    row = find_person(pk)
    if row is None:
        raise Http404
    return row


def _person(visit: Visit, row: PersonRow) -> dict[str, Any]:
    link, may = row.link, visit.presence.may
    return {
        "person": _row(row) | {"gone": row.standing.person.left_at},
        "facts": person_facts(row.standing.person, licences_of(row)),
        "linked": {"pk": link.user_id, "name": legible(str(link.user)), "since": link.created_at,
                 "how": link.get_made_by_display(), "link": link.pk} if link else None,
        "can_sync": may(Action.START_RUN),
        "can_edit": may(Action.EDIT_COMPANIES),
        "link_url": reverse("web:pending-user-link", args=[row.standing.company_id, link.membership_id])
        if link and link.membership.accepted_at is None and may(Action.INVITE) else "",
        "needs_person": row.standing.verdict == "skipped",
        "sentence": SENTENCES[Reason(row.standing.reason)],
    }  # fmt: skip


@require_safe
@needs(Action.SEE_COMPANIES)
def person_why(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:  # noqa: ARG001  # every page gets its visit
    """Say of one person of a directory what each rule says of them now. Changes nothing."""
    explained = explain_directory_person(pk)
    if explained is None:
        raise Http404
    rules = [rule_row(rule) for rule in explained.rules]
    return render(request, "people/why.html", {"person": _row(explained.row), "rules": rules})


@require_POST
@needs_outside(Action.START_RUN)
def person_sync(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """*Sync this person now*: do it, and show each step."""
    with marketplace_scope(visit.marketplace_id):
        _found(pk)
    try:
        done = sync_person(marketplace_id=visit.marketplace_id, person_id=pk, actor=visit.actor, now=visit.now)
    except SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("web:person", pk=pk)
    with marketplace_scope(visit.marketplace_id):
        context = _person(visit, _found(pk)) | {"steps": done.steps, "run": done.run_id}
        return render(request, "people/person.html", context)


@require_POST
@needs(Action.EDIT_COMPANIES)
def person_unlink(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """End the link between a person of a directory and a user; no rule makes it again."""
    _found(pk)
    link = UserLink.objects.filter(person_id=pk, ended_at=None).first()
    if link is not None and unlink_person(
        link_id=link.pk, actor=visit.actor, now=visit.now, request_id=visit.request_id
    ):
        messages.success(request, "Unlinked. The user stays as they are, and no rule links the two again.")
    return redirect("web:person", pk=pk)

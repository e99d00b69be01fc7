"""The forms that decide on one pending company, and the page that takes a decision back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.core.permissions import SUPPORT_ROLES, Action
from tenantry.sync.deciding.answering import OPEN_STATES, Decided
from tenantry.sync.deciding.drafts import draft_of
from tenantry.sync.deciding.queries import proposals_for
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused, why_not_link
from tenantry.sync.deciding.services import (
    create_from_pending,
    ignore_pending,
    link_pending,
    reject_match,
    reopen_pending,
    snooze_pending,
)
from tenantry.sync.deciding.undoing import explain_undo, undo_decision
from tenantry.sync.models import Decision, PendingCompany
from tenantry.sync.switches import read_company_sync
from tenantry.web.access import Visit, needs
from tenantry.web.pending.candidates import cards_of
from tenantry.web.pending.forms import (
    CreateForm,
    IgnoreForm,
    LinkForm,
    RejectForm,
    SeenForm,
    SnoozeForm,
    in_a_week,
    initial_of,
)
from tenantry.web.pending.telling import next_address, same_address, tell_decided, tell_too_late
from tenantry.web.texts import legible

Decide = Callable[[], Decided]
_PAGES = ["GET", "HEAD", "POST"]


def pending_or_404(pk: int) -> PendingCompany:
    """Return the row. What another marketplace has is not found, like what nobody has."""
    pending = PendingCompany.objects.select_related("tenant", "connection").filter(pk=pk).first()
    if pending is None:
        raise Http404
    return pending


def _common(visit: Visit) -> dict[str, Any]:
    return {"actor": visit.actor, "now": visit.now, "request_id": visit.request_id}


def _decide(request: HttpRequest, visit: Visit, pending: PendingCompany, decide: Decide) -> HttpResponse:
    """Make the decision and go on to the next row; when somebody was faster, say so on the row's own page.

    ``DecisionRefused`` is the caller's.
    """
    following = next_address(request, visit, pending)
    try:
        decided = decide()
    except AlreadyDecided as told:
        tell_too_late(request, told, visit)
        return redirect(same_address(request, pending.pk))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    tell_decided(request, decided, pending.name)
    return redirect(following)


def _checked(form: SeenForm) -> dict[str, Any]:
    if not form.is_valid():
        raise BadRequest("The form was changed on the way.")
    return form.cleaned_data


@require_POST
@needs(Action.DECIDE_PENDING)
def pending_link(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Link the tenant to a company."""
    pending = pending_or_404(pk)
    given = _checked(LinkForm(request.POST))
    try:
        return _decide(request, visit, pending, lambda: link_pending(
            pending_id=pk, company_id=given["company"], seen_version=given["version_of"],
            fill_blanks=given["fill_blanks"], add_contact=given["add_contact"], **_common(visit),
        ))  # fmt: skip
    except DecisionRefused as refused:
        messages.error(request, str(refused))
        return redirect(same_address(request, pk))


@require_POST
@needs(Action.DECIDE_PENDING)
def pending_reject(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say that the tenant is not this company; the row itself stays on the page."""
    pending = pending_or_404(pk)
    given = _checked(RejectForm(request.POST))
    try:
        _decide(request, visit, pending, lambda: reject_match(
            pending_id=pk, company_id=given["company"], seen_version=given["version_of"], **_common(visit)
        ))  # fmt: skip
    except DecisionRefused as refused:
        messages.error(request, str(refused))
    return redirect(same_address(request, pk))


@require_POST
@needs(Action.DECIDE_PENDING)
def pending_reopen(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let the tenant wait for a decision again; stay with it."""
    pending = pending_or_404(pk)
    given = _checked(SeenForm(request.POST))
    try:
        _decide(request, visit, pending, lambda: reopen_pending(
            pending_id=pk, seen_version=given["version_of"], **_common(visit)
        ))  # fmt: skip
    except DecisionRefused as refused:
        messages.error(request, str(refused))
    return redirect(same_address(request, pk))


@require_http_methods(_PAGES)
@needs(Action.DECIDE_PENDING)
def pending_ignore(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask why, then put the tenant aside."""
    pending = pending_or_404(pk)
    form = IgnoreForm(request.POST or None, initial={"version_of": pending.version})

    def decide() -> Decided:
        given = form.cleaned_data
        return ignore_pending(
            pending_id=pk, seen_version=given["version_of"], reason_key=given["reason_key"], reason=given["reason"],
            **_common(visit),
        )  # fmt: skip

    return _form_page(request, visit, pending, form, decide, template="pending/ignore.html")


@require_http_methods(_PAGES)
@needs(Action.DECIDE_PENDING)
def pending_snooze(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Ask until when, then put the tenant off."""
    pending = pending_or_404(pk)
    form = SnoozeForm(request.POST or None, initial={"version_of": pending.version, "until": in_a_week(visit.now)})

    def decide() -> Decided:
        seen = form.cleaned_data["version_of"]
        return snooze_pending(pending_id=pk, seen_version=seen, until=form.moment, **_common(visit))

    return _form_page(request, visit, pending, form, decide, template="pending/snooze.html")


@require_http_methods(_PAGES)
@needs(Action.DECIDE_PENDING)
def pending_create(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show the company that the tenant would become, with similar companies first; create it as it was filled in."""
    pending = pending_or_404(pk)
    switches = read_company_sync()
    proposed = draft_of(pending)
    locked = visit.presence.role in SUPPORT_ROLES  # support staff never choose whether to invite
    start = {**initial_of(proposed), "version_of": pending.version, "invite": switches.invites_admins}
    form = CreateForm(request.POST or None, initial=start)

    def decide() -> Decided:
        invite = None if locked else form.cleaned_data["invite"]
        return create_from_pending(
            pending_id=pk, seen_version=form.cleaned_data["version_of"], draft=form.draft(proposed), invite=invite,
            **_common(visit),
        )  # fmt: skip

    context = {
        "similar": cards_of(pending.tenant, proposals_for(pending)),
        "can_link": not why_not_link(switches),
        "invite_locked": locked,
        "invites": switches.invites_admins,
        "first_fields": [form[name] for name in CreateForm.FIRST],
        "more_fields": [form[name] for name in CreateForm.MORE],
        "ready": bool(proposed.name and proposed.contact_email),
    }
    return _form_page(request, visit, pending, form, decide, template="pending/create.html", **context)


def _form_page(
    request: HttpRequest, visit: Visit, pending: PendingCompany, form: SeenForm, decide: Decide, *, template: str,
    **context: Any,
) -> HttpResponse:  # fmt: skip
    """Show the form; decide when it was sent and is in order, else show it again with what is wrong."""
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return _decide(request, visit, pending, decide)
            except DecisionRefused as refused:
                _mark(form, refused)
        status = 422
    shown = {
        "form": form,
        "pending": {"pk": pending.pk, "name": legible(pending.name), "domain": legible(pending.domain),
                    "contact_email": legible(pending.contact_email), "word": pending.get_state_display()},
        "decidable": pending.state in OPEN_STATES,
        "back_url": same_address(request, pending.pk),
    }  # fmt: skip
    return render(request, template, {**shown, **context}, status=status)


def _mark(form: SeenForm, refused: DecisionRefused) -> None:
    for name, sentence in refused.errors.items():
        form.add_error(name if name in form.fields else None, sentence)
    if not refused.errors:
        form.add_error(None, str(refused))


@require_http_methods(_PAGES)
@needs(Action.DECIDE_PENDING)
def decision_undo(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say what taking the decision back does and what it can't; take it back."""
    decision = Decision.objects.select_related("pending", "undone_by").filter(pk=pk).first()
    if decision is None:
        raise Http404
    may_any = visit.presence.may(Action.UNDO_ANY_DECISION)
    pending = decision.pending
    if request.method == "POST":
        try:
            decided = undo_decision(decision_id=pk, may_undo_any=may_any, **_common(visit))
        except AlreadyDecided as told:
            tell_too_late(request, told, visit)
        except DecisionRefused as refused:
            messages.error(request, str(refused))
        else:
            tell_decided(request, decided, pending.name)
        return redirect(same_address(request, pending.pk))
    effect = explain_undo(decision, actor=visit.actor, may_undo_any=may_any, now=visit.now)
    context = {
        "decision": {
            "what": decision.get_kind_display(), "company": legible(decision.company_name), "by": decision.actor_name,
            "at": decision.created_at,
        },
        "effect": replace(effect, does=list(map(legible, effect.does)), stays=list(map(legible, effect.stays))),
        "pending": {"pk": pending.pk, "name": legible(pending.name)},
        "back_url": same_address(request, pending.pk),
    }  # fmt: skip
    return render(request, "pending/undo.html", context)

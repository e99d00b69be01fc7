"""Google tenants: the list under the operator's switch, one tenant, and the decisions on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tenantry.core.permissions import Action
from tenantry.sync.google.queries import google_allowed
from tenantry.sync.google.requests import NOT_ALLOWED, GoogleRefused, request_google_listing
from tenantry.sync.google.services import (
    ignore_google_tenant,
    link_google_tenant,
    reject_google_match,
    reopen_google_tenant,
    unlink_google_tenant,
)
from tenantry.sync.models import GoogleTenant
from tenantry.web.access import Visit, needs
from tenantry.web.google_tenants.detail import detail_context
from tenantry.web.google_tenants.listing import list_context
from tenantry.web.pending.forms import IgnoreForm, RejectForm, SeenForm
from tenantry.web.texts import legible


@require_safe
@needs(Action.LINK_GOOGLE)
def google_tenants(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  # every view gets it
    """List the Google tenants of the marketplace; without the operator's switch, say whom to ask."""
    context = list_context(request) if google_allowed() else {"ask": NOT_ALLOWED}
    return render(request, "google_tenants/list.html", context)


@require_POST
@needs(Action.LINK_GOOGLE)
def google_tenants_read(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Have the lists of customers read now."""
    try:
        request_google_listing(actor=visit.actor, now=visit.now, request_id=visit.request_id)
    except GoogleRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The list of customers is being read. New tenants show here as they arrive.")
    return redirect("web:google-tenants")


@require_safe
@needs(Action.LINK_GOOGLE)
def google_tenant(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one Google tenant with the companies that it may be."""
    return render(request, "google_tenants/detail.html", detail_context(request, visit, _row_or_404(pk)))


@require_POST
@needs(Action.LINK_GOOGLE)
def google_tenant_link(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Link the tenant to a company."""
    _row_or_404(pk)
    given = _checked(RejectForm(request.POST))

    def link(**by: Any) -> str:
        row = link_google_tenant(company_id=given["company"], **by)
        return f"{legible(row.tenant.name or row.tenant.domain)} is linked."

    return _decide(request, visit, pk, given, link)


@require_POST
@needs(Action.LINK_GOOGLE)
def google_tenant_unlink(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take the link back."""
    _row_or_404(pk)

    def unlink(**by: Any) -> str:
        unlink_google_tenant(**by)
        return "The link is taken back. The company and its people stay as they are."

    return _decide(request, visit, pk, _checked(SeenForm(request.POST)), unlink)


@require_POST
@needs(Action.LINK_GOOGLE)
def google_tenant_ignore(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Put the tenant aside."""
    _row_or_404(pk)
    form = IgnoreForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
        return redirect("web:google-tenant", pk)

    def ignore(**by: Any) -> str:
        ignore_google_tenant(reason_key=form.cleaned_data["reason_key"], reason=form.cleaned_data["reason"], **by)
        return "Ignored. It stands under Ignored, where it can be reopened."

    return _decide(request, visit, pk, form.cleaned_data, ignore)


@require_POST
@needs(Action.LINK_GOOGLE)
def google_tenant_reopen(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let the tenant wait for a link again."""
    _row_or_404(pk)

    def reopen(**by: Any) -> str:
        reopen_google_tenant(**by)
        return "It waits for a link again."

    return _decide(request, visit, pk, _checked(SeenForm(request.POST)), reopen)


@require_POST
@needs(Action.LINK_GOOGLE)
def google_tenant_reject(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Say that the tenant is not this company."""
    _row_or_404(pk)
    given = _checked(RejectForm(request.POST))

    def reject(**by: Any) -> str:
        reject_google_match(company_id=given["company"], **by)
        return "It is not proposed for this tenant again."

    return _decide(request, visit, pk, given, reject)


def _decide(
    request: HttpRequest, visit: Visit, pk: int, given: dict[str, Any], decide: Callable[..., str]
) -> HttpResponse:
    """Make the decision and come back to the tenant's page, with what was done or why it was not."""
    try:
        said = decide(
            pk=pk, seen_version=given["version_of"], actor=visit.actor, now=visit.now, request_id=visit.request_id
        )  # fmt: skip
    except GoogleRefused as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    else:
        messages.success(request, said)
    return redirect("web:google-tenant", pk)


def _checked(form: SeenForm) -> dict[str, Any]:
    if not form.is_valid():
        raise BadRequest("The form was changed on the way.")
    return form.cleaned_data


def _row_or_404(pk: int) -> GoogleTenant:
    row = GoogleTenant.objects.select_related("tenant").filter(pk=pk).first() if google_allowed() else None
    if row is None:
        raise Http404
    return row

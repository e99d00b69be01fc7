"""The pages of companies that all staff may read."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from tenantry.core.permissions import Action
from tenantry.marketplace.companies.queries import list_companies
from tenantry.marketplace.models import Company
from tenantry.web.access import Visit, needs
from tenantry.web.companies.detail import detail_context
from tenantry.web.companies.listing import EXPORT_HEADS, export_rows, kept_query, list_context, wanted_by
from tenantry.web.csv_files import csv_file


@require_safe
@vary_on_headers("HX-Request")
@needs(Action.SEE_COMPANIES)
def company_list(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List companies: a full page, or its table alone for HTMX."""
    wanted = wanted_by(request)
    context = list_context(request, visit, wanted, list_companies(wanted))
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return render(request, "companies/list.html", context)
    response = render(request, "companies/_table.html", context)
    response["HX-Push-Url"] = request.path + kept_query(wanted, place=True)  # without what is not set
    return response


@require_safe
@needs(Action.SEE_COMPANIES)
def company_export(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Download the companies that fit the filters."""
    name = f"companies-{visit.now:%Y-%m-%d}.csv"
    return csv_file(name, EXPORT_HEADS, export_rows(wanted_by(request)))


@require_safe
@needs(Action.SEE_COMPANIES)
def company_detail(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show one company. Answers 404 for what another marketplace has as for what nobody has."""
    company = Company.objects.filter(pk=pk).first()
    if company is None:
        raise Http404
    return render(request, "companies/detail.html", detail_context(request, visit, company))

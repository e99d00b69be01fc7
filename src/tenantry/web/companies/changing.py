"""The pages and posts with which managers change companies and their people."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from tenantry.core.permissions import Action
from tenantry.marketplace.companies import services as companies
from tenantry.marketplace.models import Company, CompanyDomain, CompanyOrigin, Membership, MembershipRole
from tenantry.marketplace.people import services as people
from tenantry.marketplace.people.services import Outcome
from tenantry.sync.domains import sync_domains
from tenantry.web.access import Visit, needs, needs_outside
from tenantry.web.companies.forms import CompanyForm, NewCompanyForm, PersonForm
from tenantry.web.companies.lookalikes import Lookalike, lookalikes_of_draft
from tenantry.web.texts import legible

_CONFLICT = 409


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.EDIT_COMPANIES)
def company_new(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Create a company by hand; what looks the same is shown first, pending tenants as well as companies."""
    form = NewCompanyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _new_page(request, form)
    draft, errors = companies.clean_draft(form.draft())
    if errors:
        form.take_errors(errors)
        return _new_page(request, form)
    alike = lookalikes_of_draft(draft, sees_pending=visit.presence.may(Action.SEE_PENDING))
    if {each.mark for each in alike} - form.seen_before():
        return _new_page(request, form, alike)
    try:
        company = companies.create_company(
            draft=draft, origin=CompanyOrigin.BY_HAND, actor=visit.actor, now=visit.now, request_id=visit.request_id
        )
    except companies.CompanyRefused as refusal:
        form.take_errors(refusal.errors)
        return _new_page(request, form)
    messages.success(request, f"{legible(company.name)} is created. Add its first person now, or later.")
    return redirect("web:company-detail", pk=company.pk)


def _new_page(request: HttpRequest, form: NewCompanyForm, alike: list[Lookalike] | None = None) -> HttpResponse:
    context = {
        "form": form,
        "alike": alike or [],
        "seen": ",".join(each.mark for each in alike or []),
        "back_url": reverse("web:company-list"),
    }
    return render(request, "companies/new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.EDIT_COMPANIES)
def company_edit(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Change a company's own fields. Somebody who was quicker is named, and nothing is written."""
    company = _company(pk)
    form = CompanyForm(request.POST or None, company=company)
    if request.method != "POST" or not form.is_valid():
        return _edit_page(request, form, company, company.version)
    seen = _number(request, "seen_version")
    try:
        news = companies.edit_company(
            company_id=pk, seen_version=seen, changes=form.changes(), actor=visit.actor, now=visit.now,
            request_id=visit.request_id,
        )  # fmt: skip
    except companies.CompanyRefused as refusal:
        form.take_errors(refusal.errors)
        return _edit_page(request, form, company, seen)
    except companies.StaleCompany as stale:
        return _edit_page(request, CompanyForm(company=company), company, company.version, conflict=str(stale))
    messages.success(request, "Saved." if news else "Nothing was changed.")
    return redirect("web:company-detail", pk=pk)


def _edit_page(
    request: HttpRequest, form: CompanyForm, company: Company, version: int, *, conflict: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "company": {"pk": company.pk, "name": legible(company.name)},
        "seen_version": version,
        "conflict": conflict,
    }
    return render(request, "companies/edit.html", context, status=_CONFLICT if conflict else 200)


@require_POST
@needs(Action.EDIT_COMPANIES)
def company_standing(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Disable a company, or enable it again."""
    company, wanted = _company(pk), request.POST.get("do", "")
    told: dict[str, Any] = {"actor": visit.actor, "now": visit.now, "request_id": visit.request_id}
    if wanted == "disable":
        reason = request.POST.get("reason", "").strip()
        companies.disable_company(company_id=pk, reason=legible(reason), **told)
        messages.success(request, f"{legible(company.name)} is disabled: its people can't enter it.")
    elif wanted == "enable":
        companies.enable_company(company_id=pk, **told)
        messages.success(request, f"{legible(company.name)} is enabled again.")
    else:
        raise BadRequest("The form names no such thing to do.")
    return redirect("web:company-detail", pk=pk)


@require_POST
@needs(Action.EDIT_COMPANIES)
def add_domain(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Give a company a domain."""
    _company(pk)
    domain = request.POST.get("domain", "")
    try:
        new = companies.add_domain(
            company_id=pk, domain=domain, actor=visit.actor, now=visit.now, request_id=visit.request_id
        )
    except companies.CompanyRefused as refusal:
        messages.error(request, f"No domain was added: {refusal}")
    else:
        messages.success(request, "The domain is added." if new else "The company has this domain already.")
    return redirect(reverse("web:company-detail", args=[pk]) + "#domains")


@require_POST
@needs_outside(Action.EDIT_COMPANIES)
def company_sync_domains(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Read the linked tenants' domains, and give the verified ones to the company."""
    try:
        synced = sync_domains(
            marketplace_id=visit.marketplace_id, company_id=pk, actor=visit.actor, now=visit.now,
            request_id=visit.request_id,
        )  # fmt: skip
    except Company.DoesNotExist as error:
        raise Http404 from error
    if synced.added:
        messages.success(request, f"Verified and added: {', '.join(synced.added)}.")
    elif not synced.problems:
        messages.success(request, "Read. The company has all of its tenants' verified domains already.")
    for problem in synced.problems:
        messages.error(request, legible(problem))
    return redirect(reverse("web:company-detail", args=[pk]) + "#domains")


@require_POST
@needs(Action.EDIT_COMPANIES)
def remove_domain(request: HttpRequest, visit: Visit, pk: int, domain: int) -> HttpResponse:
    """Take a domain from a company."""
    _company(pk)
    if not CompanyDomain.objects.filter(pk=domain, company_id=pk).exists():
        raise Http404
    companies.remove_domain(
        company_id=pk, domain_id=domain, actor=visit.actor, now=visit.now, request_id=visit.request_id
    )
    messages.success(request, "The domain is removed.")
    return redirect(reverse("web:company-detail", args=[pk]) + "#domains")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.EDIT_COMPANIES)
def company_add_person(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Add a person to a company. The answer is the same whether the marketplace knew the address or not."""
    company = _company(pk)
    first = {} if company.has_had_administrator else {"role": MembershipRole.ADMINISTRATOR}
    form = PersonForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid() and _brought(request, visit, company, form):
        return redirect(reverse("web:company-detail", args=[pk]) + "#people")
    context = {"form": form, "company": {"pk": pk, "name": legible(company.name)}}
    return render(request, "companies/add_person.html", context)


def _brought(request: HttpRequest, visit: Visit, company: Company, form: PersonForm) -> bool:
    values = form.cleaned_data
    try:
        brought = people.bring_person(
            company_id=company.pk, email=values["email"], first_name=values["first_name"],
            last_name=values["last_name"], phone=values["phone"], language="", role=MembershipRole(values["role"]),
            origin=CompanyOrigin.BY_HAND, actor=visit.actor, now=visit.now, request_id=visit.request_id,
        )  # fmt: skip
    except people.PersonRefused as refusal:
        form.take_errors(refusal.errors)
        return False
    if brought.outcome == Outcome.ALREADY:
        messages.info(request, f"{values['email']} is in this company already; role and state stay as they are.")
    elif brought.outcome == Outcome.INACTIVE:
        messages.warning(request, f"{values['email']} was deactivated in this company. Reactivate them below.")
    else:
        messages.success(request, f"{values['email']} is added, and not invited yet.")
    return True


@require_POST
@needs(Action.EDIT_COMPANIES)
def membership_change(request: HttpRequest, visit: Visit, pk: int, membership: int) -> HttpResponse:
    """Change a person's role in a company, deactivate or reactivate them there."""
    if not Membership.objects.filter(pk=membership, company_id=pk).exists():
        raise Http404
    told: dict[str, Any] = {
        "membership_id": membership, "actor": visit.actor, "now": visit.now, "request_id": visit.request_id
    }  # fmt: skip
    done = "Saved."
    try:
        match request.POST.get("do", ""):
            case "make-administrator":
                people.change_role(role=MembershipRole.ADMINISTRATOR, **told)
            case "make-user":
                people.change_role(role=MembershipRole.USER, **told)
            case "deactivate":
                done = _deactivation(people.deactivate_membership(**told))
            case "reactivate":
                people.reactivate_membership(**told)
            case _:
                raise BadRequest("The form names no such thing to do.")
    except people.LastAdministrator as refusal:
        messages.error(request, f"Nothing was changed: {refusal}")
    else:
        messages.success(request, done)
    return redirect(reverse("web:company-detail", args=[pk]) + "#people")


def _deactivation(done: people.Deactivated | None) -> str:
    if done is None or not done.revoked:
        return "Saved."
    return f"Deactivated. The invitation to {done.revoked} is revoked: its link no longer works."


def _company(pk: int) -> Company:
    """Return the company. Answers 404 for what another marketplace has as for what nobody has."""
    company = Company.objects.filter(pk=pk).first()
    if company is None:
        raise Http404
    return company


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004  # more than an integer column holds
        raise BadRequest("The form was changed on the way.")
    return int(text)

"""The pages of company people. Each shows a company only to those who belong to it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tenantry.core.addresses import readable_domain
from tenantry.core.permissions import Action
from tenantry.marketplace.companies.queries import domains_of
from tenantry.marketplace.models import Membership, MembershipRole
from tenantry.marketplace.people.queries import administrators_of, own_places, people_of
from tenantry.sync.people.inviting_by_hand import pending_places
from tenantry.web.access import Visit, needs
from tenantry.web.addresses import pager
from tenantry.web.companies.detail import people_rows
from tenantry.web.texts import legible


@require_safe
@needs(Action.SEE_OWN_COMPANY)
def own_companies(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Open the person's company; somebody who belongs to several chooses."""
    places = own_places(visit.presence.account.pk)
    if len(places) == 1:
        return redirect("web:own-company", pk=places[0].company_id)
    rows = [
        {"pk": place.company_id, "name": legible(place.company.name), "role": place.get_role_display()}
        for place in places
    ]
    return render(request, "own_company/choose.html", {"companies": rows})


@require_safe
@needs(Action.SEE_OWN_COMPANY)
def own_company(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Show a company to one of its people; to its administrators with everybody in it."""
    places = own_places(visit.presence.account.pk)
    place = next((each for each in places if each.company_id == pk), None)
    if place is None:
        raise Http404
    return render(request, "own_company/company.html", _context(request, place, several=len(places) > 1))


def _context(request: HttpRequest, place: Membership, *, several: bool) -> dict[str, Any]:
    company, administers = place.company, place.role == MembershipRole.ADMINISTRATOR
    context: dict[str, Any] = {
        "company": {"pk": company.pk, "name": legible(company.name)},
        "role": place.get_role_display(),
        "administers": administers,
        "several": several,
        "domains": [readable_domain(row.domain) for row in domains_of(company)] if administers else [],
        "administrators": [legible(str(each.user)) for each in administrators_of(company.pk) if each.accepted_at],
    }
    if administers:
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        page, people = people_of(company.pk, after=after, before=before)
        context |= {
            "people": people_rows(page, people),
            "people_pager": pager(request, page),
            "own_membership": place.pk,
            "can_invite": True,
            "waiting": pending_places(company.pk).count(),
        }
    return context

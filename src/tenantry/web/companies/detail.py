"""The context of the page of one company (``companies/detail.html``)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenantry.connections.models import Provider
from tenantry.core.addresses import readable_domain
from tenantry.core.permissions import Action
from tenantry.listing import Page
from tenantry.marketplace.companies.queries import domains_of, events_of, tenant_ids_of
from tenantry.marketplace.models import Company, CompanyDomain, CompanyStatus, Membership, MembershipRole
from tenantry.marketplace.people.queries import Place, names_in, people_of
from tenantry.sync.delegations import administration_of, sightings_of
from tenantry.sync.linked import links_of
from tenantry.sync.models import Sighting, TenantLink
from tenantry.web.access import Visit
from tenantry.web.addresses import pager
from tenantry.web.companies.history import steps_of
from tenantry.web.companies.listing import kept_query, wanted_by
from tenantry.web.companies.words import STATUS_SENTENCES, standing_badge, status_badge
from tenantry.web.countries import country_name
from tenantry.web.people.beside import people_of_directories
from tenantry.web.texts import legible


def detail_context(request: HttpRequest, visit: Visit, company: Company) -> dict[str, Any]:
    """Return everything that the page needs."""
    page, places = people_of(company.pk, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    events = events_of(company)
    names = names_in(company.pk, (event.after["user"] for event in events if event.after and "user" in event.after))
    can_edit = visit.presence.may(Action.EDIT_COMPANIES)
    return {
        "company": _heading(company),
        "fact_groups": fact_groups(company),
        "domains": [_domain(row) for row in domains_of(company)],
        "people": people_rows(page, places),
        "people_pager": pager(request, page),
        "links": _links(company, visit),
        "known_ids": [known.external_id for known in tenant_ids_of(company)],
        "history": steps_of(events, names=names),
        "directories": people_of_directories(company),
        "can_force": visit.presence.may(Action.START_RUN),
        "can_edit": can_edit,
        "can_invite": visit.presence.may(Action.INVITE),
        "back_url": reverse("web:company-list") + kept_query(wanted_by(request)),
    }


def _heading(company: Company) -> dict[str, Any]:
    return {
        "pk": company.pk,
        "name": legible(company.name),
        "status": status_badge(company),
        "sentence": STATUS_SENTENCES.get(company.status, ""),
        "disabled": company.status == CompanyStatus.DISABLED,
        "needs_administrator": not company.has_had_administrator,
        "relationship_ended_at": company.relationship_ended_at,
        "origin": company.get_origin_display(),
        "created": company.created_at,
        "changed": company.changed_at,
    }


def fact_groups(company: Company) -> list[dict[str, Any]]:
    """Return what is known of a company, as ``components/facts.html`` takes it."""
    address: dict[str, str] = company.address or {}
    city = " ".join(part for part in (address.get("postal_code", ""), address.get("city", "")) if part)
    lines = [address.get("line1", ""), address.get("line2", ""), city, address.get("region", "")]
    lines.append(country_name(company.country) if company.country else "")
    return [
        {"title": "Company", "facts": [
            {"label": "Name", "value": legible(company.name)},
            {"label": "Address", "value": [legible(line) for line in lines if line], "kind": "lines"},
            {"label": "Phone", "value": legible(company.phone), "kind": "phone"},
            {"label": "Web site", "value": legible(company.website)},
            {"label": "Registration number", "value": legible(company.registration_number)},
            {"label": "External ID", "value": legible(company.external_id), "kind": "id", "missing": "none"},
        ]},
        {"title": "Primary contact", "facts": [
            {"label": "Name", "value": legible(company.contact_name)},
            {"label": "E-mail", "value": legible(company.contact_email), "kind": "email"},
            {"label": "Phone", "value": legible(company.contact_phone), "kind": "phone"},
        ]},
    ]  # fmt: skip


def _domain(row: CompanyDomain) -> dict[str, Any]:
    shown = readable_domain(row.domain)
    return {
        "pk": row.pk,
        "name": shown,
        "written": "" if shown == row.domain else row.domain,
        "verified": row.verified,
        "origin": row.get_origin_display(),
    }


def people_rows(page: Page[Membership], places: dict[int, Place]) -> list[dict[str, Any]]:
    """Return a company's people as the tables of people take them."""
    return [person_row(places[membership.pk]) for membership in page.rows]


def person_row(place: Place) -> dict[str, Any]:
    """Return one person of a company. ``membership`` is there for what belongs to invitations."""
    row = place.membership
    return {
        "membership": row,
        "invitation": place.invitation,
        "pk": row.pk,
        "user": row.user_id,
        "name": legible(place.shown_name),
        "email": legible(row.user.email),
        "role": row.get_role_display(),
        "is_administrator": row.role == MembershipRole.ADMINISTRATOR,
        "deactivated": place.standing == "deactivated",
        "standing": standing_badge(place.standing),
        "origin": row.get_origin_display(),
        "came": row.created_at,
    }


def _links(company: Company, visit: Visit) -> list[dict[str, Any]]:
    sees_pending, links = visit.presence.may(Action.SEE_PENDING), links_of(company.pk)
    seen = sightings_of([link.tenant_id for link, _ in links])
    return [
        {
            "name": legible(link.tenant.name),
            "provider": link.tenant.provider.capitalize(),
            "domain": legible(link.tenant.domain),
            "external_id": link.tenant.external_id,
            "since": link.created_at,
            "administration": _administration(link, seen, now=visit.now),
            "url": reverse("web:pending-detail", args=[pending]) if pending and sees_pending else "",
        }
        for link, pending in links
    ]


def _administration(link: TenantLink, seen: Mapping[int, Sighting], *, now: datetime) -> dict[str, Any] | None:
    """Return the delegated administration of a Microsoft tenant: ``word``, ``tone``, ``fix`` and what is known."""
    if link.tenant.provider != Provider.MICROSOFT:
        return None
    found = administration_of(seen.get(link.tenant_id), now=now)
    tone = {"active": "good", "not known": "off"}.get(found.word, "wait")
    return {
        "word": found.word, "tone": tone, "sentence": found.sentence, "roles": ", ".join(found.roles),
        "ends_at": found.ends_at, "read_at": found.read_at, "fix": found.fix,
    }  # fmt: skip

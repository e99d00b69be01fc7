"""*Connect tenant*: a company waits for a tenant to show up, which is then linked by whoever asked.

In the marketplace's scope. A pending request reserves its tenant: automatic creation leaves it alone.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.feed_filters import domain_of, guid_of
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import Company
from tenantry.sync.models import ConnectRequest, ConnectState, TenantLink
from tenantry.sync.switches import CompanySyncSwitches, read_company_sync


class ConnectRefused(Exception):
    """The request can't be made or changed. The message is a sentence with what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tenant that a person named: one of the two is set."""

    domain: str = ""
    external_id: str = ""

    @property
    def shown(self) -> str:
        """The name by which the person knows it."""
        return self.domain or self.external_id


def wanted_of(given: str) -> Wanted:
    """Return what was named, a domain or a tenant ID. Raises :class:`ConnectRefused` when it is neither."""
    if guid := guid_of(given):
        return Wanted(external_id=guid)
    if domain := domain_of(given):
        return Wanted(domain=domain)
    raise ConnectRefused(
        f"{given.strip()[:80]!r} is neither a domain nor a tenant ID. Write contoso.com, contoso.onmicrosoft.com, "
        "or an ID like 00000000-0000-0000-0000-000000000000."
    )


def refusal_to_connect(switches: CompanySyncSwitches) -> str:
    """Return why no tenant can be connected in this marketplace now, or an empty text when it can."""
    if not switches.link_allowed:
        return "Linking is not enabled for this marketplace. Ask your operator to enable Link Company."
    if not switches.on:
        return "Company Sync is off, so no tenant would show up. A manager turns it on under Settings, Data Sync."
    return ""


def request_connect(
    *, company_id: int, given: str, actor: Actor, now: datetime, request_id: str = ""
) -> ConnectRequest:
    """Let a company wait for the tenant with this domain or id. Asking for the same again returns the request.

    Raises ``Company.DoesNotExist``, and :class:`ConnectRefused`: not allowed now, no such name, a tenant that is
    linked already, or one that another company waits for.
    """
    marketplace_id = current_marketplace_id()
    company = Company.objects.select_for_update().get(pk=company_id)
    if refusal := refusal_to_connect(read_company_sync()):
        raise ConnectRefused(refusal)
    wanted = wanted_of(given)
    _refuse_linked(wanted, company)
    there = ConnectRequest.objects.select_related("company").filter(
        state=ConnectState.PENDING, domain=wanted.domain, external_id=wanted.external_id
    ).first()  # fmt: skip
    if there is not None:
        return _same_company(there, company, wanted)
    try:
        with transaction.atomic():
            row = ConnectRequest.objects.create(
                marketplace_id=marketplace_id, company=company, domain=wanted.domain, external_id=wanted.external_id,
                requested_by_id=actor.id, requested_by_name=actor.name[:200], created_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise ConnectRefused(
            f"Somebody else asked for {wanted.shown} at this moment. Look at the requests, then decide."
        ) from error
    _record(row, company, "requested", actor=actor, now=now, request_id=request_id)
    return row


def cancel_connect(*, pk: int, actor: Actor, now: datetime, request_id: str = "") -> ConnectRequest:
    """Wait no longer. Cancelling again changes nothing.

    Raises ``ConnectRequest.DoesNotExist``, and :class:`ConnectRefused` when it is complete.
    """
    row = ConnectRequest.objects.select_for_update(of=("self",)).select_related("company").get(pk=pk)
    if row.state == ConnectState.COMPLETE:
        raise ConnectRefused("The tenant showed up and is linked already. Unlink it from the company instead.")
    if row.state == ConnectState.PENDING:
        row.state, row.ended_at = ConnectState.CANCELLED, now
        row.save(update_fields=["state", "ended_at"])
        _record(row, row.company, "cancelled", actor=actor, now=now, request_id=request_id)
    return row


def _refuse_linked(wanted: Wanted, company: Company) -> None:
    links = TenantLink.objects.select_related("company").filter(ended_at=None)
    if wanted.external_id:
        link = links.filter(tenant__external_id=wanted.external_id, tenant__provider="microsoft").first()
    else:
        link = links.filter(company=company, tenant__domain=wanted.domain).first()
    if link is not None:
        whose = "this company" if link.company_id == company.pk else link.company.name
        raise ConnectRefused(f"The tenant {wanted.shown} is linked to {whose} already.")


def _same_company(there: ConnectRequest, company: Company, wanted: Wanted) -> ConnectRequest:
    if there.company_id != company.pk:
        raise ConnectRefused(
            f"{there.company.name} waits for {wanted.shown} already, asked by {there.requested_by_name}. "
            "Cancel that request first."
        )
    return there


def _record(row: ConnectRequest, company: Company, verb: str, *, actor: Actor, now: datetime, request_id: str) -> None:
    happening = Happening(
        f"sync.connect_request.{verb}", Target("company", str(company.pk), company.name),
        after={"domain": row.domain, "tenant": row.external_id},
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=row.marketplace_id, now=now, request_id=request_id)

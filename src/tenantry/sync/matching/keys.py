"""Writes the keys by which tenants and companies come together, with the rows that they belong to."""

from collections.abc import Iterable, Mapping

from django.db import connection

from tenantry.core.matching_rules import Side, keys_of
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import CompanyMatchKey
from tenantry.sync.matching.exact import sides_of_companies
from tenantry.sync.models import PendingCompany, PendingMatchKey, StaleMatchKey, Tenant


def side_of_tenant(tenant: Tenant, pending: PendingCompany) -> Side:
    """Return a pending company as it is compared. ``tenant`` is its tenant, given apart to save a query."""
    return Side(
        pending.name, pending.country, tuple({tenant.domain, pending.domain, *(tenant.domains or ())} - {""}),
        pending.contact_email, tenant.registration_number, (tenant.external_id,),
    )  # fmt: skip


def write_pending_match_keys(sides: Mapping[int, Side]) -> None:
    """Write the match keys of these pending companies in place of those they had. In the marketplace's scope."""
    marketplace_id = current_marketplace_id()
    PendingMatchKey.objects.filter(pending_id__in=list(sides)).delete()
    rows = [(marketplace_id, pk, kind, key) for pk, side in sides.items() for kind, key in sorted(keys_of(side))]
    insert_rows(PendingMatchKey, ["marketplace_id", "pending_id", "kind", "key"], rows)


def write_company_match_keys(company_ids: Iterable[int]) -> None:
    """Write the match keys of these companies anew, and note which keys gained or lost one. In the scope.

    The pending companies that have such a key are matched anew by a job: to lock them here would let two people
    who decide on look-alikes wait for each other.
    """
    marketplace_id, ids = current_marketplace_id(), list(company_ids)
    with connection.cursor() as cursor:
        cursor.execute("delete from marketplace_companymatchkey where company_id = any(%s) returning kind, key", [ids])
        before = set(cursor.fetchall())
    after = {(pk, kind, key) for pk, side in sides_of_companies(ids).items() for kind, key in keys_of(side)}
    columns = ["marketplace_id", "company_id", "kind", "key"]
    insert_rows(CompanyMatchKey, columns, [(marketplace_id, *row) for row in sorted(after)])
    _touch(before | {(kind, key) for _, kind, key in after})


def forget_company_match_keys(company_ids: Iterable[int]) -> None:
    """Note which keys lose these companies, which are about to go. In the scope."""
    found = CompanyMatchKey.objects.filter(company_id__in=list(company_ids)).values_list("kind", "key")
    _touch(set(found))


def _touch(keys: set[tuple[str, str]]) -> None:
    marketplace_id = current_marketplace_id()
    insert_rows(StaleMatchKey, ["marketplace_id", "kind", "key"], [(marketplace_id, *key) for key in sorted(keys)])

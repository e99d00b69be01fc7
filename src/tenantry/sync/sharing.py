"""Decisions of other marketplaces about the same tenant, as far as they may be offered here.

Offered to people who manage both marketplaces, and to all who see the pending company where an operator put both
marketplaces into one sharing group. The database function decides that, and returns nothing else.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from tenantry.sync.models import PendingCompany


@dataclass(frozen=True, slots=True)
class Offer:
    """The decision that stands in another marketplace. ``shared``: offered because of a sharing group.

    ``kind`` is ``create``, ``link`` or ``ignore``; the company's name, country and registration number are that
    marketplace's, empty for an ignored tenant.
    """

    marketplace: str
    shared: bool
    kind: str
    company_name: str
    country: str
    registration_number: str
    decided_at: datetime


def offers_of(pending: PendingCompany, *, account_id: int) -> list[Offer]:
    """Return what may be offered to this account for the pending company, by marketplace. In its scope. One query."""
    with database.cursor() as cursor:
        cursor.execute(
            "select marketplace, shared, kind, company_name, country, registration_number, decided_at "
            "from offered_decisions(%s, %s)",
            [pending.tenant_id, account_id],
        )
        return [Offer(*row) for row in cursor.fetchall()]

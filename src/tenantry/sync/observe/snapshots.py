"""Makes the snapshot of a tenant from its stored columns."""

from collections.abc import Mapping
from typing import Any

from tenantry.core.tenants import Snapshot, primary_domain, problems

SNAPSHOT_COLUMNS = (
    "name",
    "domain",
    "domains",
    "country",
    "contact_first_name",
    "contact_last_name",
    "contact_email",
    "details_at",
    "details_problem",
)


def snapshot_of_row(row: Mapping[str, Any]) -> Snapshot:
    """Return the snapshot of one row of the tenant table, given as a mapping of :data:`SNAPSHOT_COLUMNS`."""
    contact_name = " ".join(part for part in (row["contact_first_name"], row["contact_last_name"]) if part)
    contact_email = row["contact_email"] or ""
    return Snapshot(
        name=row["name"],
        country=row["country"] or "",
        domain=primary_domain(row["domain"], row["domains"]),
        contact_name=contact_name,
        contact_email=contact_email,
        problems=problems(
            details_read=row["details_at"] is not None,
            details_refused=bool(row["details_problem"]),
            contact_name=contact_name,
            contact_email=contact_email,
        ),
    )

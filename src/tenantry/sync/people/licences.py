"""Who has which licences, where the listing of people does not say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from tenantry.core.records import Ending, LicenceAssignment, LicenceName, LicencePage
from tenantry.providers.base import DirectorySource
from tenantry.providers.errors import NotFound

_MOST_PAGES = 2_000
_MOST_SINGLE_READS = 200


@runtime_checkable
class ListsLicences(Protocol):
    """A source that lists the licences of a whole tenant, joined by user name (Google)."""

    def list_licences(self, tenant_id: str, cursor: str | None) -> LicencePage:
        """Return one page of assignments."""


@runtime_checkable
class ReadsLicences(Protocol):
    """A source that tells the licences of one person at a time (the Partner Center)."""

    def licences_of(self, tenant_id: str, external_id: str) -> tuple[LicenceAssignment, ...]:
        """Return one person's licences."""


@runtime_checkable
class NamesLicences(Protocol):
    """A source that shows SKUs by id alone, and tells in another call what they are called (Graph)."""

    def licence_names(self, tenant_id: str) -> tuple[LicenceName, ...]:
        """Return what the tenant's SKUs are called."""


@dataclass(slots=True)
class Licences:
    """SKU ids by user name or by the provider's id. ``complete``: who is not named has none.

    ``missing`` are sentences about what could not be read. ``names`` is what the SKUs are called, by id.
    """

    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_id: dict[str, list[str]] = field(default_factory=dict)
    complete: bool = False
    missing: list[str] = field(default_factory=list)
    names: dict[str, LicenceName] = field(default_factory=dict)

    def note_name(self, each: LicenceAssignment) -> None:
        """Remember what an assignment's SKU is called, if it says so."""
        name = "" if each.name == each.sku_id else each.name
        if each.sku_id not in self.names and (name or each.product_id):
            self.names[each.sku_id] = LicenceName(each.sku_id, name, each.product_id if each.external_id else "")


def fetch_licences(source: DirectorySource, tenant_id: str, people: Sequence[str]) -> Licences | None:
    """Return the licences of the tenant: all of them, or of the first of these people who are there.

    Raises ``ProviderError``.
    """
    if isinstance(source, ListsLicences):
        return _list(source, tenant_id)
    if isinstance(source, ReadsLicences):
        found = Licences()
        for external_id in people[:_MOST_SINGLE_READS]:
            try:
                held = source.licences_of(tenant_id, external_id)
            except NotFound:
                continue  # gone since the list was read: the next one tells
            found.by_id[external_id] = sorted({each.sku_id for each in held})
            for each in held:
                found.note_name(each)
        return found
    return None


def _list(source: ListsLicences, tenant_id: str) -> Licences:
    """List them all. It tells of everybody once some product was told of, and none was closed."""
    found, told = Licences(), False
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = source.list_licences(tenant_id, cursor)
        for each in page.records:
            held = found.by_name.setdefault(each.user_name, [])
            if each.sku_id not in held:
                held.append(each.sku_id)
            found.note_name(each)
        found.missing += page.missing
        told = told or not (page.missing or page.lacking)
        cursor = page.cursor
        if page.ending is not Ending.MORE:
            found.complete = page.ending is Ending.CLEAN and told and not found.missing
            break
    return found

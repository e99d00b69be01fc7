"""What licences are called: kept once for each SKU while people are read, and looked up for whoever shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from tenantry.core.records import LicenceName as Told
from tenantry.core.texts import storable
from tenantry.isolation.bulk import stage_rows
from tenantry.sync.models import LicenceName, UserLink

LONGEST_SKU = 100
_LONGEST_NAME = 200
# Rows that are as they were are left out before the conflict, which would lock them. In order of the key, so that two
# workers who learn the same names wait for each other in one direction only.
_KEEP = """
insert into sync_licencename as known (provider, sku_id, name, code, changed_at)
select distinct on (t.provider, s.sku_id) t.provider, s.sku_id, s.name, s.code, %(now)s
from stage_licence_names s join sync_tenant t on t.id = s.tenant_id
where not exists (
    select from sync_licencename k
    where k.provider = t.provider and k.sku_id = s.sku_id and s.name in ('', k.name) and s.code in ('', k.code)
)
order by t.provider, s.sku_id, s.name desc, s.code desc
on conflict (provider, sku_id) do update set
    name = coalesce(nullif(excluded.name, ''), known.name), code = coalesce(nullif(excluded.code, ''), known.code),
    changed_at = excluded.changed_at
"""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence to show: the provider's SKU id, and what it is called, empty while nobody told."""

    sku_id: str
    name: str = ""

    @property
    def word(self) -> str:
        """The name, else the id."""
        return self.name or self.sku_id


Held = tuple[str, Sequence[str] | None]
"""A provider, and SKU ids of one person there; ``None`` where they are not told."""


def keep_names(told: Iterable[tuple[int, Told]], *, now: datetime) -> None:
    """Keep what SKUs are called, each with the tenant that it was told of.

    In the caller's transaction, behind what it writes of people. An empty name never replaces one that is known, and
    the same again writes nothing.
    """
    rows = [
        (tenant_id, each.sku_id, _fit(each.name), _fit(each.code))
        for tenant_id, each in told
        if 0 < len(each.sku_id) <= LONGEST_SKU and each.sku_id.isprintable()
    ]
    rows = [row for row in rows if row[2] or row[3]]
    if not rows:
        return
    stage_rows(
        "stage_licence_names",
        (("tenant_id", "bigint"), ("sku_id", "text"), ("name", "text"), ("code", "text")),
        rows,
    )
    with database.cursor() as cursor:
        cursor.execute(_KEEP, {"now": now})


def _fit(name: str) -> str:
    return storable(name).strip()[:_LONGEST_NAME]


def known_names() -> frozenset[str]:
    """Return the ids of all SKUs whose names are known: some hundreds at most."""
    return frozenset(LicenceName.objects.values_list("sku_id", flat=True))


def name_licences(held: Sequence[Held]) -> list[list[Licence] | None]:
    """Return each person's licences with their names, in the same order. One query, however many people."""
    wanted = {sku for _, licences in held for sku in licences or ()}
    rows = LicenceName.objects.filter(sku_id__in=wanted) if wanted else ()
    names = {(row.provider, row.sku_id): row.name or row.code for row in rows}
    return [
        None if licences is None else [Licence(sku, names.get((provider, sku), "")) for sku in licences]
        for provider, licences in held
    ]


def in_words(licences: Sequence[Licence] | None) -> list[str] | None:
    """Return the names alone; ``None`` where they are not told."""
    return None if licences is None else [each.word for each in licences]


def licences_of_users(user_ids: Sequence[int]) -> dict[int, list[Licence]]:
    """Return the licences of users of this marketplace, from every directory that they follow. Two queries."""
    links = UserLink.objects.filter(user_id__in=user_ids, ended_at=None).order_by("user_id", "id")
    rows = list(links.values_list("user_id", "tenant__provider", "person__licences"))
    found: dict[int, list[Licence]] = {}
    for (user_id, *_), named in zip(rows, name_licences([(provider, held) for _, provider, held in rows]), strict=True):
        some = found.setdefault(user_id, [])
        some += [each for each in named or () if each not in some]
    return found

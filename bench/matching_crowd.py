"""Fills a database with companies and tenants that wait to be matched, as its owner, by COPY. Seeded: always the same.

Every second tenant is one of the companies, written as providers have it: without legal form, with a typing error,
words turned round, or with another domain. The others are companies that nobody knows.
"""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
from bench.crowd import BORN, MARKETPLACE
from bench.filling import copy_rows, count_tables, without_indexes

from tenantry.core.matching import Candidate, Subject, keys_of
from tenantry.core.search import fold, search_keys
from tenantry.core.tenants import Snapshot
from tenantry.emulator.world import World

_COUNTRIES = ("DE", "FR", "AT", "US", "GB", "JP", "NL", "PL", "CH", "SE", "BR", "IT")
_COMPANIES = (
    "copy marketplace_company (id, marketplace_id, name, sort_name, status, origin, country, external_id, "
    "registration_number, created_at) from stdin"
)
_DOMAINS = (
    "copy marketplace_companydomain (marketplace_id, company_id, domain, verified, origin, created_at) from stdin"
)
_TENANT_IDS = (
    "copy marketplace_companytenantid (marketplace_id, company_id, provider, external_id, origin, created_at) "
    "from stdin"
)
_SEARCH_KEYS = "copy marketplace_companykey (marketplace_id, company_id, key) from stdin"
_MATCH_KEYS = "copy marketplace_companymatchkey (marketplace_id, company_id, key) from stdin"
_TENANTS = (
    "copy sync_tenant (id, provider, cloud, external_id, name, domain, country, content_hash, first_seen_at, "
    "changed_at) from stdin"
)
_PENDING = (
    "copy sync_pendingcompany (id, marketplace_id, tenant_id, connection_id, state, name, sort_name, country, domain, "
    "contact_name, contact_email, sort_contact, problems, content_hash, first_seen_at, changed_at) from stdin"
)
_PENDING_KEYS = "copy sync_pendingmatchkey (marketplace_id, pending_id, key) from stdin"


class Crowd:
    """Companies by number, from 0, and the tenants that go with them."""

    def __init__(self, companies: int, tenants: int) -> None:
        self.world = World(seed=7, customers=companies + tenants)
        self.companies = companies
        self.tenants = tenants

    def company(self, number: int) -> Candidate:
        """Return a company."""
        row = self.world.row(number)
        return Candidate(
            id=str(number + 1), tenant_ids=_known_tenants(number),
            name=row.name.strip()[:300] or "-", country=_COUNTRIES[number % len(_COUNTRIES)],
            domains=(_domain(row.domain, number),), registration_number=f"HRB {number * 7919 % 9_999_991:07d}",
        )  # fmt: skip

    def tenant(self, number: int) -> Subject:
        """Return a tenant."""
        if number % 2:
            row = self.world.row(self.companies + number)
            country = _COUNTRIES[number % len(_COUNTRIES)]
            return Subject(row.name, self.world.tenant_id(number), (), _domain(row.domain, -number), country=country)
        known = self.company(number * 7919 % self.companies)
        words = known.name.split()
        manner = number // 2 % 4
        if manner == 0 and len(words) > 1:
            words = words[:-1]
        elif manner == 1:
            words[0] = words[0][:2] + words[0][3:]
        elif manner == 2:
            words = [*words[1:], words[0]]
        domain = known.domains[0] if manner else f"other{number}.example"
        return Subject(" ".join(words), self.world.tenant_id(number), (), domain, country=known.country)


def _known_tenants(number: int) -> frozenset[str]:
    """Every tenth company has a tenant from elsewhere."""
    return frozenset({f"{number:08x}-0000-4000-8000-000000000000"} if number % 10 == 0 else ())


def _domain(given: str, number: int) -> str:
    return f"{given.partition('.')[0]}{number if number % 5 else ''}.example".replace("-", "")


def fill(dsn: str, crowd: Crowd, *, environment: dict[str, str]) -> None:
    """Write the marketplace, its connection, companies and tenants with all their keys; then count the tables."""
    subprocess.run([sys.executable, "-m", "bench.crowd"], env=environment, check=True)
    with (
        psycopg.connect(dsn) as owner,
        owner.cursor() as cursor,
        without_indexes(cursor, ["marketplace_companykey", "marketplace_companymatchkey"]),
    ):
        copy_rows(cursor, _COMPANIES, _companies(crowd))
        copy_rows(cursor, _DOMAINS, _domains(crowd))
        copy_rows(cursor, _TENANT_IDS, _tenant_ids(crowd))
        copy_rows(cursor, _SEARCH_KEYS, _search_keys(crowd))
        copy_rows(cursor, _MATCH_KEYS, _match_keys(crowd))
        copy_rows(cursor, _TENANTS, _tenants(crowd))
        copy_rows(cursor, _PENDING, _pending(crowd))
        copy_rows(cursor, _PENDING_KEYS, _pending_keys(crowd))
    count_tables(dsn)


def _companies(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.companies):
        company = crowd.company(number)
        yield (
            number + 1, MARKETPLACE, company.name, fold(company.name)[:200], "enabled", "import", company.country,
            f"C{number}", company.registration_number, BORN,
        )  # fmt: skip


def _domains(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.companies):
        yield (MARKETPLACE, number + 1, crowd.company(number).domains[0], False, "import", BORN)


def _tenant_ids(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.companies):
        for identifier in _known_tenants(number):
            yield (MARKETPLACE, number + 1, "microsoft", identifier, "import", BORN)


def _search_keys(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.companies):
        company = crowd.company(number)
        texts, ids = [company.name, company.registration_number], [f"C{number}", company.registration_number]
        for key in search_keys(texts, company.domains, ids):
            yield (MARKETPLACE, number + 1, key)


def _match_keys(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.companies):
        for key in keys_of(crowd.company(number)):
            yield (MARKETPLACE, number + 1, key)


def _tenants(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.tenants):
        tenant = crowd.tenant(number)
        digest = Snapshot(tenant.name, tenant.country, tenant.default_domain, "", "", ()).content_hash
        yield (
            number + 1, "microsoft", "global", tenant.external_id, tenant.name, tenant.default_domain, tenant.country,
            digest, BORN, BORN,
        )  # fmt: skip


def _pending(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.tenants):
        tenant = crowd.tenant(number)
        digest = Snapshot(tenant.name, tenant.country, tenant.default_domain, "", "", ()).content_hash
        yield (
            number + 1, MARKETPLACE, number + 1, 1, "pending", tenant.name, fold(tenant.name)[:200], tenant.country,
            tenant.default_domain, "", "", "", [], digest, BORN, BORN,
        )  # fmt: skip


def _pending_keys(crowd: Crowd) -> Iterator[tuple[Any, ...]]:
    for number in range(crowd.tenants):
        for key in keys_of(crowd.tenant(number)):
            yield (MARKETPLACE, number + 1, key)

"""Searching all companies of a marketplace, as somebody does who links by hand."""

import time

import pytest
from tests.sync.deciding_stage import Desk
from tests.sync.stage import Clock, Sync

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.guarding import follow_companies
from tenantry.marketplace.companies.writing import insert_companies
from tenantry.marketplace.models import CompanyOrigin
from tenantry.sync.matching.searching import find_companies

TENANT = "8b1b7e3c-1111-4000-8000-00000000002a"
COMPANIES = [
    CompanyDraft("Contoso Kaffee GmbH", "DE", domains=(DomainDraft("contoso-kaffee.de"),)),
    CompanyDraft("Contoso Tee GmbH", "DE", registration_number="HRB 123456 B"),
    CompanyDraft("Alpine Ski House", "AT", tenant_ids=(TENANT,), contact_email="anna@alpineskihouse.example"),
    CompanyDraft("株式会社日立製作所", "JP"),
    CompanyDraft("Łódź Handel Sp. z o.o.", "PL", external_id="ERP-7781"),
    *[CompanyDraft(f"Common Trading {number}", "US") for number in range(150)],
]


@pytest.fixture
def desk(northwind: int, sync: Sync, clock: Clock) -> Desk:
    with marketplace_scope(northwind):
        follow_companies(insert_companies(COMPANIES, origin=CompanyOrigin.IMPORT, now=clock()))
    return Desk(northwind, clock, sync)


def test_a_company_is_found_by_whatever_somebody_knows_of_it(desk: Desk) -> None:
    wanted = {
        "contoso": ["Contoso Tee GmbH", "Contoso Kaffee GmbH"],
        "cont kaf": ["Contoso Kaffee GmbH"],
        "kaffee contoso": ["Contoso Kaffee GmbH"],
        "Contsoo Kaffe": ["Contoso Kaffee GmbH"],
        "contosokaffee": ["Contoso Kaffee GmbH"],
        "contoso-kaffee.de": ["Contoso Kaffee GmbH"],
        "www.contoso-kaffee.de": ["Contoso Kaffee GmbH"],
        "hrb-123456-b": ["Contoso Tee GmbH"],
        TENANT.upper(): ["Alpine Ski House"],
        TENANT[:13]: ["Alpine Ski House"],
        "anna@alpineskihouse.example": ["Alpine Ski House"],
        "Alpin Ski Huose": ["Alpine Ski House"],
        "製作所": ["株式会社日立製作所"],
        "日立製作所": ["株式会社日立製作所"],
        "lodz": ["Łódź Handel Sp. z o.o."],
        "ERP-7781": ["Łódź Handel Sp. z o.o."],
        "common trading 142": ["Common Trading 142"],
        "zzz": [],
    }
    with marketplace_scope(desk.marketplace_id):
        found = {text: [company.name for company in find_companies(text).companies] for text in wanted}
    assert {text: names[: len(wanted[text])] for text, names in found.items()} == wanted
    assert all(len(found[text]) == len(names) for text, names in wanted.items() if text != "common trading 142")


def test_a_word_that_many_have_shows_some_and_says_so(desk: Desk) -> None:
    with marketplace_scope(desk.marketplace_id):
        found = find_companies("trading")
    assert (len(found.companies), found.more) == (20, True)


@pytest.mark.parametrize(
    "text", ["", " ", "x", "🙂" * 50, "...", "GmbH", "a" * 4_000, "ab " * 1_400, "'; drop--", '{"\\', "%", "\u202e"]
)
def test_whatever_is_typed_costs_little(desk: Desk, text: str) -> None:
    started = time.process_time()
    with marketplace_scope(desk.marketplace_id):
        find_companies(text)
    assert time.process_time() - started < 0.5

"""The whole client against the emulator: sign-in, listing, details, and every fault that it can make."""

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tenantry.core.records import Ending, Relationship, TenantPage
from tenantry.emulator.faults import FaultKind
from tenantry.emulator.server import Emulator
from tenantry.providers.base import CallBudget, Unlimited
from tenantry.providers.errors import AuthFailed, NotFound, ProviderError, Throttled
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.microsoft.auth import AppOnlyTokens, UserTokens
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import (
    Application,
    ApplicationKind,
    ClientCertificate,
    ClientSecret,
)
from tenantry.providers.pacing import AdaptiveConcurrency, PacedBudget
from tenantry.providers.patience import Patience

CUSTOMERS = 1200
QUICK = Patience(waits=(0.01, 0.01, 0.01), longest_wait=1.5, total=10)


class Kept:
    def __init__(self, token: str) -> None:
        self.token = token
        self.seen = [token]

    def load(self) -> str:
        return self.token

    def replace(self, *, new: str, old: str) -> None:
        assert old == self.token
        self.token = new
        self.seen.append(new)


@pytest.fixture(scope="module")
def shared(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=CUSTOMERS, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    usual = shared.switches.as_dict()
    shared.counters.reset()
    yield shared
    shared.switches.set(usual)
    shared.faults.clear()
    assert not shared.counters.unknown, "the client asked for something that the service does not have"
    assert shared.counters.crashes == 0


@pytest.fixture
def emulated(emulator: Emulator) -> Endpoints:
    return endpoints_for("global", api=emulator.api_url, authority=emulator.login_url, ca_file=emulator.ca_file)


@pytest.fixture
def client(emulated: Endpoints) -> Iterator[HttpClient]:
    client = HttpClient(ca_file=emulated.ca_file, limits=Limits(read=1.5, total=2.5, max_bytes=4 * 1024 * 1024))
    yield client
    client.close()


@pytest.fixture
def web(emulator: Emulator) -> Application:
    known = emulator.web_application
    return Application(emulator.partner_tenant_id, known.client_id, ApplicationKind.WEB, ClientSecret(known.secret))


@pytest.fixture
def app_only(emulated: Endpoints, web: Application, client: HttpClient) -> PartnerCenter:
    tokens = AppOnlyTokens(emulated, web, client)
    return PartnerCenter(emulated, tokens, Unlimited(), http=client, patience=QUICK)


@pytest.fixture
def as_user(emulator: Emulator, emulated: Endpoints, client: HttpClient) -> PartnerCenter:
    known = emulator.native_application
    native = Application(emulator.partner_tenant_id, known.client_id, ApplicationKind.NATIVE)
    tokens = UserTokens(emulated, native, Kept(emulator.refresh_token(known)), client)
    return PartnerCenter(emulated, tokens, Unlimited(), http=client, patience=QUICK)


def whole(source: PartnerCenter) -> list[TenantPage]:
    pages = [source.list_tenants(None)]
    while pages[-1].cursor is not None:
        assert len(pages) < 30
        pages.append(source.list_tenants(pages[-1].cursor))
    return pages


def expected(emulator: Emulator) -> set[str]:
    world = emulator.world
    ids = (world.tenant_id(index) for index in range(world.size))
    return {tenant_id for tenant_id in ids if not world.has_left(tenant_id)}


def ids(pages: list[TenantPage]) -> set[str]:
    return {record.external_id for page in pages for record in page.records}


STYLES = ["plain", "versioned", "absolute", "double_question", "foreign", "none"]


@pytest.mark.parametrize(("style", "place"), [*itertools.product(STYLES, ["both", "body"])])
def test_the_whole_list_is_read_however_it_is_paged(
    emulator: Emulator, app_only: PartnerCenter, style: str, place: str
) -> None:
    emulator.switches.set({"link_style": style, "token_place": place, "wrong_total": True})
    pages = whole(app_only)
    assert ids(pages) == expected(emulator)
    assert pages[-1].ending is Ending.CLEAN
    assert not any(page.invalid for page in pages)


@pytest.mark.parametrize("style", [style for style in STYLES if style != "none"])
def test_the_whole_list_is_read_with_the_token_in_the_links_only(
    emulator: Emulator, as_user: PartnerCenter, style: str
) -> None:
    emulator.switches.set({"link_style": style, "token_place": "links", "bom": False})
    pages = whole(as_user)
    assert ids(pages) == expected(emulator)
    assert pages[-1].ending is Ending.CLEAN


def test_small_pages_and_an_empty_one_are_followed(emulator: Emulator, app_only: PartnerCenter) -> None:
    emulator.switches.set({"page_cap": 100, "empty_page": 3})
    pages = whole(app_only)
    assert ids(pages) == expected(emulator)
    assert pages[-1].ending is Ending.CLEAN


def test_a_trailing_token_never_proves_completeness(emulator: Emulator, app_only: PartnerCenter) -> None:
    emulator.switches.trailing_token = True
    pages = whole(app_only)
    assert ids(pages) == expected(emulator)
    assert pages[-1].ending is Ending.AMBIGUOUS


def test_a_lapsed_token_leaves_doubt(emulator: Emulator, app_only: PartnerCenter) -> None:
    emulator.switches.token_seconds = 0
    assert whole(app_only)[-1].ending is Ending.AMBIGUOUS


@pytest.mark.parametrize("switch", [{"repeat_page": 2}, {"repeat_row": True}])
def test_repeated_rows_are_passed_on(emulator: Emulator, app_only: PartnerCenter, switch: dict[str, int]) -> None:
    emulator.switches.set(dict(switch))
    pages = whole(app_only)
    rows = [record.external_id for page in pages for record in page.records]
    assert len(rows) > len(set(rows))


def test_an_answer_that_comes_twice_is_not_followed_for_ever(emulator: Emulator, app_only: PartnerCenter) -> None:
    emulator.faults.add("repeat", "/v1/customers", after=1)
    assert whole(app_only)[-1].ending is Ending.AMBIGUOUS


def test_listed_and_read_tenants_agree(emulator: Emulator, app_only: PartnerCenter) -> None:
    page = app_only.list_tenants(None)
    assert {record.relationship for record in page.records} > {Relationship.RESELLER}
    for record in page.records[:40]:
        details = app_only.read_tenant(record.external_id)
        assert (details.external_id, details.name, details.domain) == (record.external_id, record.name, record.domain)
        assert details.relationship is record.relationship
        customer = emulator.world.customer(record.external_id)
        assert details.address.country == customer.place.country
        assert (details.contact.email, details.contact.last_name) == (customer.contact.email, customer.contact.last)


def test_a_user_sees_domains_where_the_role_was_granted_and_reasons_elsewhere(
    emulator: Emulator, as_user: PartnerCenter
) -> None:
    seen, closed = 0, 0
    stops: list[bool] = []
    for record in as_user.list_tenants(None).records[:60]:
        try:
            details = as_user.read_tenant(record.external_id)
        except ProviderError as error:
            stops.append(error.stops_run)
            continue
        if details.domains is None:
            closed += 1
            assert any(sentence.startswith("Custom domains") for sentence in details.missing)
        else:
            seen += 1
            assert list(details.domains) == list(emulator.world.customer(record.external_id).custom_domains)
    assert seen
    assert closed
    assert not any(stops), "one closed customer does not end the run"


@pytest.mark.parametrize("answer", ["403", "404"])
def test_a_tenant_that_left_is_not_found(emulator: Emulator, app_only: PartnerCenter, answer: str) -> None:
    emulator.switches.set({"left_answer": answer})
    gone = emulator.world.tenant_id(CUSTOMERS - 1)
    if not emulator.world.has_left(gone):
        emulator.world.leave(gone)
    with pytest.raises(NotFound):
        app_only.read_tenant(gone)
    assert gone not in ids(whole(app_only))


def test_the_certificate_signs_in_too(emulator: Emulator, emulated: Endpoints, client: HttpClient) -> None:
    known = emulator.web_application
    credential = ClientCertificate(known.certificate, known.private_key)
    web = Application(emulator.partner_tenant_id, known.client_id, ApplicationKind.WEB, credential)
    assert AppOnlyTokens(emulated, web, client).access_token()


def test_tokens_revoked_in_the_middle_of_a_listing_are_renewed_once(
    emulator: Emulator, app_only: PartnerCenter
) -> None:
    emulator.faults.add("revoke_tokens", "/v1/customers", after=1, times=1)
    pages = whole(app_only)
    assert ids(pages) == expected(emulator)
    assert pages[-1].ending is Ending.CLEAN
    assert emulator.counters.statuses[401] == 1


def test_a_refresh_token_rotates_and_its_predecessors_may_die(
    emulator: Emulator, emulated: Endpoints, web: Application, client: HttpClient
) -> None:
    emulator.switches.refresh_grace = 0
    kept = Kept(emulator.refresh_token())
    tokens = UserTokens(emulated, web, kept, client)
    first = tokens.access_token()
    assert tokens.renew(first) != first
    assert len(set(kept.seen)) == 3


@pytest.mark.parametrize("trouble", ["revoked", "old", "without mfa"])
def test_a_refresh_token_that_is_worth_nothing_asks_for_a_new_sign_in(
    emulator: Emulator, emulated: Endpoints, web: Application, client: HttpClient, trouble: str
) -> None:
    token = emulator.refresh_token(mfa=trouble != "without mfa", age_days=91 if trouble == "old" else 0)
    emulator.switches.mfa_required = True
    if trouble == "revoked":
        emulator.revoke_refresh_tokens()
    with pytest.raises(AuthFailed) as caught:
        UserTokens(emulated, web, Kept(token), client).access_token()
    assert "tenantry connect" in caught.value.next_step


def test_another_audience_is_a_configuration_error(emulated: Endpoints, web: Application, client: HttpClient) -> None:
    wrong = Endpoints(
        emulated.cloud,
        emulated.api,
        emulated.authority,
        emulated.graph,
        "https://graph.microsoft.com",
        emulated.ca_file,
    )
    source = PartnerCenter(wrong, AppOnlyTokens(wrong, web, client), Unlimited(), http=client, patience=QUICK)
    with pytest.raises(AuthFailed, match="another service") as caught:
        source.list_tenants(None)
    assert caught.value.code == "900420"


def test_other_clouds_may_have_a_path_before_the_version(emulator_home: Path) -> None:
    with Emulator(customers=3, base_path="/csp", home=emulator_home) as emulator:
        for style in STYLES:
            emulator.switches.set({"link_style": style, "page_cap": 2})
            endpoints = endpoints_for(
                "global", api=emulator.api_url, authority=emulator.login_url, ca_file=emulator.ca_file
            )
            known = emulator.web_application
            web = Application(
                emulator.partner_tenant_id, known.client_id, ApplicationKind.WEB, ClientSecret(known.secret)
            )
            http = HttpClient(ca_file=emulator.ca_file)
            source = PartnerCenter(endpoints, AppOnlyTokens(endpoints, web, http), Unlimited(), http=http)
            assert ids(whole(source)) == expected(emulator)
            http.close()


def test_many_threads_stay_below_the_published_limit(
    emulator: Emulator, emulated: Endpoints, web: Application, client: HttpClient
) -> None:
    class Counting:
        """Stands before the real budget to see that every request asks."""

        def __init__(self, budget: CallBudget) -> None:
            self.budget = budget
            self.count = 0
            self.lock = threading.Lock()

        def acquire(self) -> None:
            with self.lock:
                self.count += 1
            self.budget.acquire()

        def throttled(self, *, after: float) -> None:
            self.budget.throttled(after=after)

    budget = Counting(PacedBudget(per_minute=6000, burst=4))
    concurrency = AdaptiveConcurrency(start=2, maximum=4)
    tokens = AppOnlyTokens(emulated, web, client)
    source = PartnerCenter(emulated, tokens, budget, concurrency=concurrency, http=client, patience=QUICK)
    emulator.faults.add("throttle", "/v1/customers/*", every=10, times=3, retry_after=1)
    wanted = [record.external_id for record in source.list_tenants(None).records[:40]]
    read: list[str] = []

    def work(mine: list[str]) -> None:
        read.extend(source.read_tenant(each).external_id for each in mine)

    threads = [threading.Thread(target=work, args=(wanted[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read) == sorted(wanted)
    assert emulator.counters.statuses[429] == 3
    assert budget.count == 1 + 40 + 3


@pytest.mark.parametrize("kind", ["throttle", "forbidden_throttle"])
def test_throttling_of_either_kind_is_told_apart_from_a_missing_right(
    emulator: Emulator, app_only: PartnerCenter, kind: str
) -> None:
    emulator.faults.add(kind, "/v1/customers", retry_after=65)
    with pytest.raises(Throttled) as caught:
        app_only.list_tenants(None)
    assert caught.value.after == 65


SETTINGS: dict[str, dict[str, float | int | str]] = {
    "throttle": {"retry_after": 90},
    "forbidden_throttle": {"retry_after": 90},
    "slow": {"seconds": 2},
    "drip": {"seconds": 0.3, "piece": 16},
}


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_ends_as_data_or_as_an_error_that_says_what_next(
    emulator: Emulator, app_only: PartnerCenter, kind: FaultKind, times: int | None
) -> None:
    if times is None and kind in (FaultKind.SLOW, FaultKind.DRIP):
        pytest.skip("the same as once, four times as long")
    settings = SETTINGS.get(kind, {}) | ({} if times is None else {"times": times})
    known = emulator.world.tenant_id(0)
    calls: list[Callable[[], object]] = [lambda: whole(app_only), lambda: app_only.read_tenant(known)]
    for path, call in zip(("/v1/customers", "/v1/customers/*"), calls, strict=True):
        emulator.faults.add(kind, path, **settings)
        try:
            call()
        except ProviderError as error:
            assert error.message.endswith((".", ". ")) or error.message  # noqa: PT017 (either outcome is right)
            assert error.next_step  # noqa: PT017 (either outcome is right)
        emulator.faults.clear()
    assert app_only.read_tenant(known).external_id == known, "it works again afterwards"


def test_a_list_that_was_cut_short_cleanly_cannot_be_told_and_is_left_to_the_brakes(
    emulator: Emulator, app_only: PartnerCenter
) -> None:
    emulator.faults.add("half_list", "/v1/customers")
    pages = whole(app_only)
    assert pages[-1].ending is Ending.CLEAN
    assert len(ids(pages)) < CUSTOMERS

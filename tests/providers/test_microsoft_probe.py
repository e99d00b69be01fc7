"""Testing a connection: each permission, what is missing, and what to do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tenantry.emulator.microsoft.switches import Account
from tenantry.emulator.server import Emulator
from tenantry.providers.http import HttpClient
from tenantry.providers.microsoft.clouds import endpoints_for
from tenantry.providers.microsoft.credentials import Application, ApplicationKind, ClientSecret
from tenantry.providers.microsoft.probe import probe
from tenantry.providers.patience import Patience
from tenantry.providers.probes import ProbeName, ProbeResult

Probe = Callable[..., dict[ProbeName, ProbeResult]]
GOOGLES = {
    ProbeName.READ_ORGANISATION, ProbeName.READ_ROLES, ProbeName.READ_LICENCES,
}  # fmt: skip


class Kept:
    def __init__(self, token: str | None) -> None:
        self.token = token

    def load(self) -> str | None:
        return self.token

    def replace(self, *, new: str, old: str) -> None:
        assert old == self.token
        self.token = new


@pytest.fixture(scope="module")
def shared(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=20, limit=0, home=emulator_home) as running:
        yield running


@pytest.fixture
def emulator(shared: Emulator) -> Iterator[Emulator]:
    usual = shared.switches.as_dict()
    yield shared
    shared.switches.set(usual)
    shared.faults.clear()
    assert not shared.counters.unknown
    assert shared.counters.crashes == 0


@pytest.fixture
def probed(emulator: Emulator) -> Iterator[Probe]:
    endpoints = endpoints_for("global", api=emulator.api_url, authority=emulator.login_url, ca_file=emulator.ca_file)
    http = HttpClient(ca_file=endpoints.ca_file)

    def run(
        kind: str = "web", *, user: bool = True, mfa: bool = True, registered: str = ""
    ) -> dict[ProbeName, ProbeResult]:
        known = emulator.native_application if (registered or kind) == "native" else emulator.web_application
        secret = ClientSecret(known.secret or "not-a-secret") if kind == "web" else None
        application = Application(emulator.partner_tenant_id, known.client_id, ApplicationKind(kind), secret)
        store = Kept(emulator.refresh_token(known, mfa=mfa) if user else None)
        results = probe(endpoints, application, http=http, refresh_tokens=store, patience=Patience(waits=()))
        assert all(result.sentence and result.permission for result in results)
        assert all(result.next_step for result in results if result.ok is False)
        return {result.name: result for result in results}

    yield run
    http.close()


def test_a_web_connection_with_everything_works(probed: Probe) -> None:
    results = probed("web")
    assert {result.ok for result in results.values()} == {True}
    assert set(results) == set(ProbeName) - GOOGLES


def test_a_native_connection_has_no_app_only_sign_in(probed: Probe) -> None:
    results = probed("native")
    assert ProbeName.SIGN_IN_APP_ONLY not in results
    assert {result.ok for result in results.values()} == {True}


def test_a_native_connection_needs_somebody_to_sign_in(probed: Probe) -> None:
    results = probed("native", user=False)
    assert results[ProbeName.SIGN_IN_APP_AND_USER].ok is False
    assert results[ProbeName.LIST_CUSTOMERS].ok is None
    assert "no sign-in worked" in results[ProbeName.LIST_CUSTOMERS].sentence


def test_a_web_connection_works_app_only_and_says_what_that_cannot_read(probed: Probe) -> None:
    results = probed("web", user=False)
    assert results[ProbeName.SIGN_IN_APP_AND_USER].ok is None
    assert "custom domains" in results[ProbeName.SIGN_IN_APP_AND_USER].sentence
    assert results[ProbeName.READ_BILLING].ok is True


@pytest.mark.parametrize(("said", "registered"), [("web", "native"), ("native", "web")])
def test_the_wrong_kind_of_application_is_named(probed: Probe, said: str, registered: str) -> None:
    result = probed(said, registered=registered)[ProbeName.APPLICATION_KIND]
    assert result.ok is False
    assert f"the connection says {said}" in result.sentence
    assert "kind" in result.next_step


def test_a_sign_in_without_mfa_is_found_before_it_is_enforced(probed: Probe, emulator: Emulator) -> None:
    emulator.switches.mfa_enforced = False
    result = probed("web", mfa=False)[ProbeName.MFA]
    assert result.ok is False
    assert "multifactor" in result.sentence


@pytest.mark.parametrize("shape", ["json", "empty"])
def test_a_sign_in_without_mfa_is_found_when_it_is_enforced(probed: Probe, emulator: Emulator, shape: str) -> None:
    emulator.switches.set({"mfa_refusal": shape})
    results = probed("web", mfa=False)
    assert results[ProbeName.MFA].ok is False
    assert "multifactor" in results[ProbeName.MFA].next_step
    assert results[ProbeName.LIST_CUSTOMERS].ok is True, "app-only is exempt"


@pytest.mark.parametrize("kind", ["web", "native"])
def test_an_indirect_resellers_account_is_refused_with_the_reason(probed: Probe, emulator: Emulator, kind: str) -> None:
    emulator.switches.account = Account.INDIRECT_RESELLER
    results = probed(kind)
    assert results[ProbeName.PARTNER_ACCOUNT].ok is False
    assert "Indirect resellers have no API access" in results[ProbeName.PARTNER_ACCOUNT].sentence
    assert results[ProbeName.LIST_CUSTOMERS].ok is False


def test_a_user_outside_the_agent_groups_cannot_list(probed: Probe, emulator: Emulator) -> None:
    emulator.switches.agent = False
    results = probed("native")
    assert results[ProbeName.LIST_CUSTOMERS].ok is False
    assert results[ProbeName.SIGN_IN_APP_AND_USER].ok is True


def test_a_service_that_is_down_says_nothing_about_permissions(probed: Probe, emulator: Emulator) -> None:
    emulator.faults.add("status", "/v1/*", status=503)
    results = probed("web")
    assert results[ProbeName.LIST_CUSTOMERS].ok is None
    assert results[ProbeName.PARTNER_ACCOUNT].ok is None


def test_an_expired_secret_is_named(probed: Probe, emulator: Emulator) -> None:
    emulator.switches.secret_expired = True
    result = probed("web", user=False)[ProbeName.SIGN_IN_APP_ONLY]
    assert result.ok is False
    assert "secret has expired" in result.sentence


def test_no_customers_is_not_taken_for_a_missing_right(probed: Probe, emulator: Emulator) -> None:
    emulator.faults.add("empty_list", "/v1/customers")
    results = probed("web")
    assert results[ProbeName.LIST_CUSTOMERS].ok is True
    assert results[ProbeName.READ_CUSTOMER].ok is None

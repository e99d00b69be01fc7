"""Fixtures of the provider tests: real servers on loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.providers.stub import LoginStub, Stub, running, tls_papers

from tenantry.providers.base import Unlimited
from tenantry.providers.http import HttpClient, Limits
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import Endpoints, endpoints_for
from tenantry.providers.microsoft.credentials import SignInMode
from tenantry.providers.patience import Patience

QUICK = Patience(waits=(0.01, 0.01, 0.01), longest_wait=0.5, total=5.0)
SHORT = Limits(connect=2.0, read=1.0, total=2.0, max_bytes=2 * 1024 * 1024)


class FixedTokens:
    """Tokens without a sign-in: ``token-1``, and after each renewal the next."""

    def __init__(self, mode: SignInMode = SignInMode.APP_ONLY) -> None:
        self.mode = mode
        self.renewals = 0

    def access_token(self) -> str:
        return f"token-{self.renewals + 1}"

    def renew(self, rejected: str) -> str:
        assert rejected == self.access_token()
        self.renewals += 1
        return self.access_token()


@pytest.fixture(autouse=True)
def no_foreign_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bundle that trusts nothing must change nothing: our clients do not look at it."""
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(empty))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(empty))


@pytest.fixture
def api() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("papers")


@pytest.fixture
def login(tmp_path: Path) -> Iterator[LoginStub]:
    context, ca_file = tls_papers(tmp_path)
    with running(context) as stub:
        yield LoginStub(stub, ca_file)


@pytest.fixture
def endpoints(api: Stub, login: LoginStub) -> Endpoints:
    return endpoints_for("global", api=api.url, authority=login.url, ca_file=login.ca_file)


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient(limits=SHORT)
    yield client
    client.close()


@pytest.fixture
def source_with(api: Stub, http: HttpClient) -> Callable[..., PartnerCenter]:
    """Make a ``PartnerCenter`` that talks to the stub; keywords go to its constructor."""

    def make(tokens: FixedTokens | None = None, **options: object) -> PartnerCenter:
        budget = options.pop("budget", Unlimited())
        options = {"http": http, "patience": QUICK, **options}
        return PartnerCenter(endpoints_for("global", api=api.url), tokens or FixedTokens(), budget, **options)  # type: ignore[arg-type]  # the tests name existing keywords

    return make


@pytest.fixture
def source(source_with: Callable[..., PartnerCenter]) -> PartnerCenter:
    return source_with()

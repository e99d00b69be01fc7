"""Microsoft as one emulated provider: its sign-in, its Partner Center and its Graph, put together."""

from dataclasses import dataclass

from tenantry.emulator.certificates import Papers
from tenantry.emulator.clock import Clock
from tenantry.emulator.counters import Counters
from tenantry.emulator.draws import seed_key
from tenantry.emulator.limits import Limit
from tenantry.emulator.messages import Answer, Request
from tenantry.emulator.microsoft.codes import CodeBook
from tenantry.emulator.microsoft.customer_users import CustomerUsers
from tenantry.emulator.microsoft.gate import Gate
from tenantry.emulator.microsoft.grants import WITH_MFA, WITHOUT_MFA, TokenEndpoint
from tenantry.emulator.microsoft.graph import PATH as GRAPH_PATH
from tenantry.emulator.microsoft.graph import Graph
from tenantry.emulator.microsoft.graph_units import Units
from tenantry.emulator.microsoft.hints import CERTIFICATE, Hints
from tenantry.emulator.microsoft.listing import CustomerList
from tenantry.emulator.microsoft.login import Login
from tenantry.emulator.microsoft.partner_center import PartnerCenter
from tenantry.emulator.microsoft.people import MicrosoftPeople
from tenantry.emulator.microsoft.registrations import Application, RefreshTokenStore, make_directory
from tenantry.emulator.microsoft.subscriptions import Subscriptions
from tenantry.emulator.microsoft.switches import Switches
from tenantry.emulator.microsoft.tokens import TokenMint
from tenantry.emulator.staff import Staff
from tenantry.emulator.staff_moves import StaffMoves
from tenantry.emulator.world import UnknownCustomerError, World


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every emulated provider shares: the world, time, counts, and the keys of this installation."""

    world: World
    clock: Clock
    counters: Counters
    papers: Papers
    staff: Staff


class Microsoft:
    """The services of Microsoft over one world. ``base_path`` goes before ``/v1``; ``audience`` is the API's name.

    ``api`` and ``sign_in`` answer requests; :meth:`reachable_at` must be told the addresses first.
    """

    def __init__(self, around: Surroundings, *, limit: int, window: float, base_path: str, audience: str) -> None:
        world, clock, papers = around.world, around.clock, around.papers
        key = seed_key(f"{world.seed} seal")
        self.switches = Switches()
        self.limit = Limit(clock, limit, window)
        self.codes = CodeBook(clock)
        self.directory = make_directory(world.seed, papers, audience.rstrip("/").lower())
        self.base_path = f"/{base_path.strip('/')}".rstrip("/").lower()
        self._world = world
        self._mint = TokenMint(papers.signing_key, clock)
        self._refresh = RefreshTokenStore(key, clock)
        self._customers = CustomerList(world, self.switches, clock, key)
        self.people = MicrosoftPeople(world, around.staff, clock)
        self.moves = StaffMoves(around.staff, clock, f"{world.seed} microsoft", mangled=self.people.mangled)
        self.hints = Hints(clock, papers.notary, self.directory.tenant_id)
        self._graph = Graph(
            world, self.people, self._mint, self.switches, clock=clock, key=key, partner=self.directory.tenant_id
        )
        self.moves.listeners.append(self.subscriptions.heard)
        if not limit:  # whoever wants no limit wants none of Graph's either
            self.units.change(0)
        self._partner_center = PartnerCenter(
            world=world, directory=self.directory, gate=Gate(self.directory, self._mint, self.switches),
            customers=self._customers, limit=self.limit, switches=self.switches, counters=around.counters,
            users=CustomerUsers(self.people, self.switches, clock, key), hints=self.hints, people=self.people,
        )  # fmt: skip
        tokens = TokenEndpoint(
            directory=self.directory,
            mint=self._mint,
            refresh=self._refresh,
            codes=self.codes,
            switches=self.switches,
            clock=clock,
            is_customer=self._is_customer,
            is_consented=self.people.is_consented,
        )
        self._login = Login(
            directory=self.directory, tokens=tokens, mint=self._mint, codes=self.codes, switches=self.switches,
            clock=clock,
        )  # fmt: skip

    def reachable_at(self, *, api_url: str, login_url: str, graph_url: str) -> None:
        """Tell the services their addresses, which they write into answers."""
        self._graph.url = graph_url
        self._customers.api_url = api_url
        self._login.url = self.hints.url = login_url

    @property
    def units(self) -> Units:
        """The units of Graph's calls that each tenant may spend."""
        return self._graph.units

    @property
    def subscriptions(self) -> Subscriptions:
        """Graph's change notifications."""
        return self._graph.subscriptions

    def api(self, request: Request, path: str) -> Answer:
        """Answer a request to the API host. ``path`` is in its normal form, the base path included."""
        if path.startswith(f"{GRAPH_PATH}/"):
            return self._graph.answer(request, path.removeprefix(GRAPH_PATH))
        inside = path.startswith(f"{self.base_path}/")
        return self._partner_center.answer(request, path[len(self.base_path) :] if inside else "/outside")

    def sign_in(self, request: Request, path: str) -> Answer:
        """Answer a request to the sign-in host, which also serves the certificate of notifications."""
        if path == CERTIFICATE:
            return self.hints.certificate()
        return self._login.answer(request)

    def refresh_token(self, application: Application, *, mfa: bool, age_days: float) -> str:
        """Return a refresh token of the service user at ``application``."""
        return self._refresh.issue(application.client_id, WITH_MFA if mfa else WITHOUT_MFA, age_days=age_days)

    def revoke_access_tokens(self) -> None:
        """Refuse every access token handed out so far."""
        self._mint.revoke_all()

    def revoke_refresh_tokens(self) -> None:
        """Refuse every refresh token handed out so far, as after a change of password."""
        self._refresh.revoke_all()

    def prerender(self, size: int) -> int:
        """Render all pages of the listing ahead and keep them; return how many."""
        return self._customers.pages.prerender(size)

    def _is_customer(self, tenant: str) -> bool:
        try:
            self._world.index(tenant)
        except UnknownCustomerError:
            return False
        return True

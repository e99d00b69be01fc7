"""Google as one emulated provider: the sign-in and the four APIs, told apart by their paths."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from tenantry.emulator.certificates import Papers
from tenantry.emulator.clock import Clock
from tenantry.emulator.counters import Counters
from tenantry.emulator.draws import seed_key
from tenantry.emulator.google.channels import Channels
from tenantry.emulator.google.directory import DirectoryParts
from tenantry.emulator.google.etags import Etags
from tenantry.emulator.google.gate import Caller, Gate
from tenantry.emulator.google.licensing import Licensing
from tenantry.emulator.google.page_tokens import PageTokens
from tenantry.emulator.google.refusals import GoogleRefusal, page_not_found
from tenantry.emulator.google.replies import Asked, Replies, finish
from tenantry.emulator.google.reselling import Reselling
from tenantry.emulator.google.signin import ServiceAccount, SignIn
from tenantry.emulator.google.switches import GoogleSwitches
from tenantry.emulator.google.users import Users
from tenantry.emulator.google.world import RESELLER, GoogleWorld
from tenantry.emulator.messages import Answer, Request
from tenantry.emulator.staff import Staff
from tenantry.emulator.staff_moves import StaffMoves
from tenantry.emulator.world import World

Serve = Callable[[Asked, Caller, list[str]], Answer]


@dataclass(frozen=True, slots=True)
class Method:
    """One method: the pattern of its path, its API, the scopes of which one is needed, and what answers it."""

    pattern: re.Pattern[str]
    api: str
    scopes: tuple[str, ...]
    serve: Serve
    verb: str = "GET"


_USER: Final = ("admin.directory.user", "admin.directory.user.readonly")
_ALIAS: Final = ("admin.directory.user.alias", "admin.directory.user.alias.readonly")
_CUSTOMER: Final = ("admin.directory.customer", "admin.directory.customer.readonly")
_DOMAIN: Final = ("admin.directory.domain", "admin.directory.domain.readonly")
_UNIT: Final = ("admin.directory.orgunit", "admin.directory.orgunit.readonly")
_ROLE: Final = ("admin.directory.rolemanagement", "admin.directory.rolemanagement.readonly")
_ORDER: Final = ("apps.order", "apps.order.readonly")
_DIRECTORY: Final = "/admin/directory/v1"
_OF_CUSTOMER: Final = rf"{_DIRECTORY}/customer/([^/]+)"


def _service_account(key: bytes, papers: Papers) -> ServiceAccount:
    return ServiceAccount(
        client_email="sync@tenantry-emulator.iam.gserviceaccount.com",
        client_id="104000000000000000001",
        key_id=key.hex()[:40],
        key=papers.signing_key,
    )


class Google:
    """Google's services over one world. ``customers`` are resold; ``quota`` calls a minute are allowed (0: any).

    ``service_account`` is what clients sign in with, for :attr:`subject` in reseller mode.
    """

    def __init__(
        self, world: World, staff: Staff, *, clock: Clock, counters: Counters, papers: Papers, customers: int,
        tiers: int, quota: int,
    ) -> None:  # fmt: skip
        key = seed_key(f"{world.seed} google seal")
        self.switches = GoogleSwitches()
        self.staff = staff
        self.world = GoogleWorld(world, staff, customers, tiers)
        self.people = StaffMoves(staff, clock, f"{world.seed} google")
        self.service_account = _service_account(key, papers)
        self.signin = SignIn(self.world, self.service_account, self.switches, clock)
        self.gate = Gate(self.world, self.signin, self.switches, clock=clock, counters=counters, quota=quota)
        replies = Replies(Etags(seed_key(str(clock.now()))), PageTokens(key, clock, self.switches), self.switches)
        self._users = Users(self.world, self.gate, replies, self.switches, clock=clock)
        self._parts = DirectoryParts(self.world, self.gate, replies, clock)
        self._reselling = Reselling(self.world, replies)
        self._licensing = Licensing(self.world, self.gate, replies, self.switches)
        self.channels = Channels(self.world, self.gate, replies, self.switches, clock=clock)
        self.people.listeners.append(self.channels.heard)
        self._methods = (*self._table(), *self._pushes())

    @property
    def subject(self) -> str:
        """The address of the reseller's administrator."""
        return self.world.administrator(RESELLER)

    @property
    def account_id(self) -> str:
        """The reseller's own customer id."""
        return self.world.customer_id(RESELLER)

    def _table(self) -> tuple[Method, ...]:
        users, parts, reselling, licensing = self._users, self._parts, self._reselling, self._licensing
        rows: tuple[tuple[str, str, tuple[str, ...], Serve], ...] = (
            (f"{_DIRECTORY}/users", "directory", (*_USER, "cloud-platform"), lambda a, c, _: users.page(a, c)),
            (f"{_DIRECTORY}/users/([^/]+)", "directory", _USER, lambda a, c, p: users.get(a, c, p[0])),
            (f"{_DIRECTORY}/customers/([^/]+)", "directory", _CUSTOMER, lambda a, c, p: parts.customer(a, c, p[0])),
            (f"{_OF_CUSTOMER}/domains", "directory", _DOMAIN, lambda a, c, p: parts.domains(a, c, p[0])),
            (f"{_OF_CUSTOMER}/domains/([^/]+)", "directory", _DOMAIN, lambda a, c, p: parts.domain(a, c, p[0], p[1])),
            (f"{_OF_CUSTOMER}/domainaliases", "directory", _DOMAIN, lambda a, c, p: parts.domain_aliases(a, c, p[0])),
            (f"{_OF_CUSTOMER}/orgunits", "directory", _UNIT, lambda a, c, p: parts.org_units(a, c, p[0])),
            (f"{_OF_CUSTOMER}/orgunits/(.+)", "directory", _UNIT, lambda a, c, p: parts.org_unit(a, c, p[0], p[1])),
            (f"{_OF_CUSTOMER}/roles", "directory", _ROLE, lambda a, c, p: parts.roles(a, c, p[0])),
            (f"{_OF_CUSTOMER}/roleassignments", "directory", _ROLE,
             lambda a, c, p: parts.role_assignments(a, c, p[0])),
            ("/apps/reseller/v1/subscriptions", "reseller", _ORDER, lambda a, c, _: reselling.subscriptions(a, c)),
            ("/apps/reseller/v1/customers/([^/]+)", "reseller", _ORDER,
             lambda a, c, p: reselling.customer(a, c, p[0])),
            ("/apps/reseller/v1/customers/([^/]+)/subscriptions/([^/]+)", "reseller", _ORDER,
             lambda a, c, p: reselling.subscription(a, c, p[0], p[1])),
            ("/v1/(accounts/.+)", "channel", ("apps.order",), lambda a, c, p: reselling.channel(a, c, p[0].split("/"))),
            ("/apps/licensing/v1/product/([^/]+)/users", "licensing", ("apps.licensing",),
             lambda a, c, p: licensing.assignments(a, c, p[0])),
            ("/apps/licensing/v1/product/([^/]+)/sku/([^/]+)/users", "licensing", ("apps.licensing",),
             lambda a, c, p: licensing.assignments(a, c, p[0], p[1])),
        )  # fmt: skip
        return tuple(Method(re.compile(pattern), api, scopes, serve) for pattern, api, scopes, serve in rows)

    def _pushes(self) -> tuple[Method, ...]:
        users, channels = self._users, self.channels
        watch = re.compile(f"{_DIRECTORY}/users/watch")
        # Not below v1: the discovery document has it under an underscore.
        stop = re.compile("/admin/directory_v1/channels/stop")
        return (
            Method(watch, "directory", (*_USER, "cloud-platform"),
                   lambda a, c, _: channels.watch(a, c, users.company(a, c)), "POST"),
            Method(stop, "directory", (*_USER, *_ALIAS, "cloud-platform"),
                   lambda a, c, _: channels.stop(a, c), "POST"),
        )  # fmt: skip

    def answer(self, request: Request, _path: str) -> Answer:
        """Answer a request to any of the services."""
        if request.path == "/token":
            return self.signin.answer(request)
        for method in self._methods:
            found = method.pattern.fullmatch(request.path)
            if found is not None and request.method == method.verb:
                return self._served(request, method, [unquote(part) for part in found.groups()])
        request.known = False
        return page_not_found()

    def _served(self, request: Request, method: Method, parts: list[str]) -> Answer:
        try:
            caller = self.gate.caller(request, method.api, method.scopes)
            return method.serve(Asked(request, caller.token), caller, parts)
        except GoogleRefusal as refusal:
            return refusal.answer(newer=self.switches.new_errors)

    @staticmethod
    def sign(request: Request, answer: Answer) -> None:
        """Add the headers that every answer carries, and pack it when the client takes that."""
        finish(request, answer)

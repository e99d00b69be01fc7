"""Who may call what: the token, its scopes, the quota, and which customers the caller reaches."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.counters import Counters
from tenantry.emulator.google.refusals import GoogleRefusal, refused, scope_refusal
from tenantry.emulator.google.signin import PREFIX, SignIn
from tenantry.emulator.google.switches import ForeignAnswer, GoogleSwitches
from tenantry.emulator.google.world import RESELLER, GoogleWorld
from tenantry.emulator.limits import Limit
from tenantry.emulator.messages import Request
from tenantry.emulator.staff import Someone, is_present

QUOTA: Final = 2400
_CHALLENGE: Final = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'


@dataclass(frozen=True, slots=True)
class Caller:
    """The administrator that a token speaks for."""

    who: Someone
    token: str

    @property
    def company(self) -> int:
        """The company whose people the caller is one of."""
        return self.who.company


class Gate:
    """Checks every call. ``quota`` calls a minute are allowed for one administrator (0: any number)."""

    def __init__(
        self, world: GoogleWorld, signin: SignIn, switches: GoogleSwitches, *, clock: Clock, counters: Counters,
        quota: int,
    ) -> None:  # fmt: skip
        self._world = world
        self._signin = signin
        self._switches = switches
        self._counters = counters
        self.quota = quota
        self._limits: defaultdict[str, Limit] = defaultdict(lambda: Limit(clock, self.quota, 60.0))
        self._licensing: defaultdict[str, Limit] = defaultdict(lambda: Limit(clock, 1 if self.quota else 0, 1.0))

    def change_quota(self, quota: int) -> None:
        """Set another quota and forget what was counted."""
        self.quota = quota
        self._limits.clear()
        self._licensing.clear()

    def caller(self, request: Request, api: str, scopes: tuple[str, ...]) -> Caller:
        """Return who calls ``api`` with one of ``scopes``. Raises ``GoogleRefusal``."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise GoogleRefusal(401, "required", "Login Required", challenge=_CHALLENGE)
        granted = self._signin.granted(token)
        if granted is None:
            raise GoogleRefusal(401, "authError", "Invalid Credentials", challenge=_CHALLENGE)
        request.mode = "reseller" if granted.company == RESELLER else "direct"
        if api in self._switches.apis_off.split(","):
            raise refused("accessNotConfigured")
        if not granted.scopes & {PREFIX + scope for scope in scopes}:
            raise scope_refusal(scopes)
        who = self._world.staff.someone(granted.company, granted.number)
        self._count(f"{who.company} {who.number}", api)
        if not is_present(who) or who.suspended or who.admin != "full":
            raise refused("forbidden")
        return Caller(who, token)

    def _count(self, whose: str, api: str) -> None:
        if api == "licensing" and self._licensing[whose].refuse_for():
            self._counters.note_throttled()
            raise refused("backendError", "Quota exceeded.")
        if self._limits[whose].refuse_for():
            self._counters.note_throttled()
            raise refused("userRateLimitExceeded")

    def customer(self, caller: Caller, key: str) -> int:
        """Return the company that ``key`` names, if the caller reaches it. Raises ``GoogleRefusal``."""
        index = caller.company if key == "my_customer" else self._world.index_of(key)
        if index is None or not self.reaches(caller, index):
            if self._switches.foreign_customer is ForeignAnswer.NOT_FOUND:
                raise refused("notFound", "Resource Not Found: customer")
            raise refused("forbidden")
        return index

    def reaches(self, caller: Caller, index: int) -> bool:
        """Whether the caller may read the directory of a company."""
        if index == caller.company:
            return True
        if caller.company != RESELLER:
            return False
        account = self._world.account(index)
        return account.resold and account.reseller_access and account.has_directory

"""The Directory API's users: list, get, deleted ones. Docs/reference/google-directory.md sections 3 to 5."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.google import representations as show
from tenantry.emulator.google.gate import Caller, Gate
from tenantry.emulator.google.refusals import refused
from tenantry.emulator.google.replies import Asked, Json, Replies
from tenantry.emulator.google.searching import Test, read_query
from tenantry.emulator.google.switches import GoogleSwitches
from tenantry.emulator.google.world import GoogleWorld
from tenantry.emulator.messages import Answer
from tenantry.emulator.staff import DAY, UNITS, Someone, is_present

UNIT_PATHS: Final = frozenset(f"/{unit}" for unit in UNITS if unit)
FIELDS: Final = frozenset(
    """addresses agreedToTerms aliases archivalTime archived changePasswordAtNextLogin creationTime customSchemas
    customerId deletionTime emails etag externalIds gender guestAccountInfo hashFunction id ims
    includeInGlobalAddressList ipWhitelisted isAdmin isDelegatedAdmin isEnforcedIn2Sv isEnrolledIn2Sv isGuestUser
    isMailboxSetup keywords kind languages lastLoginTime locations name nonEditableAliases notes orgUnitPath
    organizations password phones posixAccounts primaryEmail recoveryEmail recoveryPhone relations sshPublicKeys
    suspended suspensionReason suspensionTime thumbnailPhotoEtag thumbnailPhotoUrl websites""".split()
)
_LIST_FIELDS: Final = frozenset({"kind", "etag", "users", "nextPageToken", "trigger_event"})
_KIND: Final = "admin#directory#users"
_ORDERS: Final = {"": "email", "email": "email", "givenname": "given", "familyname": "family"}
_PROJECTIONS: Final = frozenset({"", "basic", "custom", "full"})


class Users:
    """Answers ``users.list`` and ``users.get``."""

    def __init__(
        self, world: GoogleWorld, gate: Gate, replies: Replies, switches: GoogleSwitches, *, clock: Clock
    ) -> None:
        self._world = world
        self._gate = gate
        self._replies = replies
        self._switches = switches
        self._clock = clock

    def page(self, asked: Asked, caller: Caller) -> Answer:
        """Answer ``GET users``."""
        index = self.company(asked, caller)
        if asked.get("projection").lower() not in _PROJECTIONS:
            raise refused("invalid", "Invalid Input: projection")
        size = self._replies.size(asked, usual=100, most=500)
        after = self._replies.tokens.read(asked.parameters)
        if asked.get("showdeleted").lower() == "true":
            found = self._deleted(index, after)
        else:
            tests = read_query(asked.get("query"), UNIT_PATHS)
            found = self._present(index, after, asked, tests)
        shown = list(islice(found, size + 1))
        rows = [self._marked(asked, row) for _, row in shown[:size]]
        token = self._replies.tokens.make(asked.parameters, shown[size - 1][0]) if len(shown) > size else ""
        body = self._replies.listing(_KIND, "users", rows, token)
        if asked.wants("etag"):
            body = self._replies.marked(asked, body)
        return self._replies.answer(asked, body, known=_LIST_FIELDS, inner={"users": FIELDS})

    def get(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET users/{key}``: by id, by address or by alias."""
        by_id = key.isdigit()
        one = self._world.by_user_id(key) if by_id else self._world.by_address(key)
        if one is None or one.purged:
            raise refused("notFound")
        if not self._gate.reaches(caller, one.company):
            raise refused("forbidden")
        if not is_present(one):
            raise refused("conditionNotMet", "User is deleted.") if self._is_restorable(one) else refused("notFound")
        body = self._replies.marked(asked, show.user(self._world, one))
        return self._replies.answer(asked, body, known=FIELDS)

    def company(self, asked: Asked, caller: Caller) -> int:
        """Return the company whose people are asked for, by customer or domain. Raises ``GoogleRefusal``."""
        customer, domain = asked.get("customer"), asked.get("domain")
        if not customer and not domain:
            raise refused("badRequest")
        if not domain:
            return self._gate.customer(caller, customer)
        index = self._world.index_of_domain(domain.lower())
        if index is None:
            raise refused("notFound", "Domain not found.")
        if not self._gate.reaches(caller, index) or (customer and self._gate.customer(caller, customer) != index):
            raise refused("forbidden")
        return index

    def _present(
        self, index: int, after: list[Any] | None, asked: Asked, tests: list[Test]
    ) -> Iterator[tuple[list[Any], Json]]:
        order = self._order(index, asked)
        start = 0
        if after is not None:
            keys = [[*entry] for entry in order] if asked.get("sortorder").upper() == "DESCENDING" else None
            if keys is None:
                start = bisect_right(order, (after[0], after[1]))
            else:
                start = next((at for at, entry in enumerate(keys) if entry < after), len(keys))
        for entry in order[start:]:
            body = show.user(self._world, self._world.staff.someone(index, entry[1]))
            if all(test(body) for test in tests):
                yield [*entry], body

    def _order(self, index: int, asked: Asked) -> list[tuple[str, int]]:
        by = _ORDERS.get(asked.get("orderby").lower())
        if by is None:
            raise refused("invalid", "Invalid Input: orderBy")
        order = self._world.staff.ordered(index)
        if by != "email":
            people = (self._world.staff.someone(index, number) for _, number in order)
            order = sorted((getattr(one, by).casefold(), one.number) for one in people)
        return order[::-1] if asked.get("sortorder").upper() == "DESCENDING" else order

    def _deleted(self, index: int, after: list[Any] | None) -> Iterator[tuple[list[Any], Json]]:
        start = -1 if after is None else int(after[1])
        for one in self._world.staff.everybody(index):
            if one.number > start and self._is_restorable(one):
                body = show.deleted_user(self._world, one, bare=self._switches.bare_deleted)
                yield ["", one.number], body

    def _is_restorable(self, one: Someone) -> bool:
        if one.deleted_at is None or one.purged:
            return False
        return self._clock.now() - one.deleted_at < self._switches.deleted_days * DAY

    def _marked(self, asked: Asked, row: Json) -> Json:
        return self._replies.marked(asked, row) if asked.wants("users", "etag") else row

"""What happens to people: targeted changes for tests and the demo, and some of everything as time passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final

from tenantry.emulator.clock import Clock
from tenantry.emulator.staff import Someone, Staff, is_present

_TRIES: Final = 40


class StaffMove(StrEnum):
    """What happened to a person."""

    JOINED = "joined"
    RENAMED = "renamed"
    READDRESSED = "readdressed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    DELETED = "deleted"
    RESTORED = "restored"
    PROMOTED = "promoted"
    DEMOTED = "demoted"
    MOVED = "moved"
    LICENSED = "licensed"
    UNLICENSED = "unlicensed"


@dataclass(frozen=True, slots=True)
class StaffMovement:
    """One thing that happened to one person. ``address`` is the mailbox afterwards; ``step`` 0 is a control."""

    kind: StaffMove
    company: int
    number: int
    step: int
    address: str


class StaffMoves:
    """Changes people of one provider, and keeps what happened in ``movements``. Safe from several threads.

    ``listeners`` are told of each movement, once it has happened.

    ``mangled`` returns the mailbox that somebody who is restored gets, where the provider does not give back
    the old one.
    """

    def __init__(
        self, staff: Staff, clock: Clock, seed: int | str, *, mangled: Callable[[Someone], str] | None = None
    ) -> None:
        self._mangled = mangled
        self._staff = staff
        self._clock = clock
        self._seed = seed
        self.movements: list[StaffMovement] = []
        self.listeners: list[Callable[[StaffMovement], None]] = []
        self.steps = 0

    def join(self, company: int, **properties: Any) -> Someone:
        """Add a person, invented apart from ``properties``. A mailbox of somebody deleted may be given again."""
        fresh = {"created": self._clock.now(), "last_login": None, **properties}
        return self._noted(StaffMove.JOINED, self._staff.join(company, **fresh))

    def rename(self, company: int, number: int, *, given: str = "", family: str = "Renamed") -> Someone:
        """Give a person another name; the address stays."""
        before = self._staff.someone(company, number)
        return self._changed(StaffMove.RENAMED, before, given=given or before.given, family=family)

    def readdress(self, company: int, number: int, mailbox: str) -> Someone:
        """Give a person another address; the old one still receives."""
        before = self._staff.someone(company, number)
        former = tuple(each for each in (*before.former, before.mailbox) if each != mailbox)
        return self._changed(StaffMove.READDRESSED, before, mailbox=mailbox, former=former)

    def suspend(self, company: int, number: int) -> Someone:
        """Block a person's sign-in."""
        return self._changed(StaffMove.SUSPENDED, self._staff.someone(company, number), suspended=True)

    def resume(self, company: int, number: int) -> Someone:
        """Let a person sign in again, archived or not."""
        before = self._staff.someone(company, number)
        return self._changed(StaffMove.RESUMED, before, suspended=False, archived=False)

    def delete(self, company: int, number: int) -> Someone:
        """Delete a person, who may come back under the same id for a while."""
        before = self._staff.someone(company, number)
        if not is_present(before):
            raise ValueError("That person is deleted already.")
        return self._changed(StaffMove.DELETED, before, deleted_at=self._clock.now())

    def restore(self, company: int, number: int, *, mailbox: str = "") -> Someone:
        """Bring a deleted person back, with another ``mailbox`` if one is given."""
        before = self._staff.someone(company, number)
        if before.deleted_at is None:
            raise ValueError("That person is not deleted.")
        back = mailbox or (self._mangled(before) if self._mangled else before.mailbox)
        return self._changed(StaffMove.RESTORED, before, deleted_at=None, mailbox=back)

    def set_admin(self, company: int, number: int, level: str) -> Someone:
        """Make a person a ``full`` or ``partial`` administrator, or with an empty text none."""
        kind = StaffMove.PROMOTED if level else StaffMove.DEMOTED
        return self._changed(kind, self._staff.someone(company, number), admin=level)

    def set_licensed(self, company: int, number: int, *, licensed: bool) -> Someone:
        """Give a person a licence, or take it away."""
        kind = StaffMove.LICENSED if licensed else StaffMove.UNLICENSED
        return self._changed(kind, self._staff.someone(company, number), licensed=licensed)

    def move(self, company: int, number: int, unit: str) -> Someone:
        """Move a person into another unit."""
        return self._changed(StaffMove.MOVED, self._staff.someone(company, number), unit=unit)

    def advance(self, companies: Sequence[int], steps: int = 1) -> list[StaffMovement]:
        """Let time pass in ``companies``: one movement in each for every step. Return what happened, in order.

        The first administrator of a company is left alone. The same seed and history give the same movements.
        """
        before = len(self.movements)
        for _ in range(steps):
            self.steps += 1
            for company in companies:
                self._step(company, Random(f"{self._seed}:{self.steps}:{company}"))  # noqa: S311 (repeatable, no secret)
        return self.movements[before:]

    def _step(self, company: int, chance: Random) -> None:
        kind = chance.choice(tuple(StaffMove))
        if kind is StaffMove.JOINED:
            self.join(company)
            return
        wanted_deleted = kind is StaffMove.RESTORED
        for _ in range(_TRIES):
            one = self._staff.someone(company, chance.randrange(1, max(2, self._staff.size(company))))
            lately = one.deleted_at is not None and self._clock.now() - one.deleted_at < 18 * 86_400
            if (lately and not one.purged) if wanted_deleted else is_present(one):
                self._do(kind, one)
                return

    def _do(self, kind: StaffMove, one: Someone) -> None:
        company, number = one.company, one.number
        doing = {
            StaffMove.RENAMED: lambda: self.rename(company, number, family=f"{one.family}-{self.steps}"),
            StaffMove.READDRESSED: lambda: self.readdress(company, number, f"{one.mailbox}.{self.steps}"),
            StaffMove.SUSPENDED: lambda: self.suspend(company, number),
            StaffMove.RESUMED: lambda: self.resume(company, number),
            StaffMove.DELETED: lambda: self.delete(company, number),
            StaffMove.RESTORED: lambda: self.restore(company, number),
            StaffMove.PROMOTED: lambda: self.set_admin(company, number, "partial"),
            StaffMove.DEMOTED: lambda: self.set_admin(company, number, ""),
            StaffMove.MOVED: lambda: self.move(company, number, "Sales" if one.unit != "Sales" else "Finance"),
            StaffMove.LICENSED: lambda: self.set_licensed(company, number, licensed=True),
            StaffMove.UNLICENSED: lambda: self.set_licensed(company, number, licensed=False),
        }
        doing[kind]()

    def _changed(self, kind: StaffMove, before: Someone, **changes: Any) -> Someone:
        return self._noted(kind, self._staff.change(before.company, before.number, **changes))

    def _noted(self, kind: StaffMove, one: Someone) -> Someone:
        move = StaffMovement(kind, one.company, one.number, self.steps, one.mailbox)
        self.movements.append(move)
        for tell in self.listeners:
            tell(move)
        return one

"""The seeded world: a reseller's list of customer tenants, each made when somebody looks at it, and what changes.

Nothing is made in advance: a customer is a function of the seed and its position, a tenant id can be turned
back into the position, and only what was changed since the beginning is kept. A million customers cost
nothing.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tenantry.core.records import Relationship
from tenantry.emulator.customers import UNTOUCHED, Companies, Customer, Overlay, Person
from tenantry.emulator.draws import seed_key
from tenantry.emulator.guids import GuidSequence
from tenantry.emulator.movements import Movement, MovementKind, plan_step

_OTHER_EVERY: Final = 34
_OTHER_AT: Final = 7
_OTHERS: Final = (Relationship.ADVISOR, Relationship.NONE, Relationship.ADVISOR, Relationship.SYNDICATION,
                  Relationship.MICROSOFT_SUPPORT, Relationship.UNKNOWN)  # fmt: skip


class UnknownCustomerError(LookupError):
    """No customer of this world has that tenant id."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the listing shows of one customer."""

    index: int
    tenant_id: str
    name: str
    domain: str
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a targeted change asks for; ``None`` has it invented."""

    name: str | None = None
    contact: Person | None = None
    relationship: Relationship | None = None


ANYTHING: Final = Wanted()
Match = Callable[[Row], bool]


class World:
    """``customers`` reseller customers, plus some 3 % with another relationship, the same for the same ``seed``.

    ``customers`` may be 0. Changes go through the methods below; ``watch`` registers a function that is told
    the index of every row that changed, so that rendered pages can be dropped. ``movements`` is everything
    that happened, in order. Safe to use from several threads. Methods that take a tenant id raise
    :class:`UnknownCustomerError`.
    """

    def __init__(self, seed: int | str = 1, customers: int = 2000) -> None:
        if customers < 0:
            raise ValueError("A world has 0 or more customers.")
        self.seed = seed
        self.customers = customers
        key = seed_key(seed)
        self.companies = Companies(key)
        self._tenants = GuidSequence(seed, "tenant")
        self._commerce = GuidSequence(seed, "commerce")
        self._profiles = GuidSequence(seed, "profile")
        self._began = customers + (customers + _OTHER_EVERY - _OTHER_AT - 1) // (_OTHER_EVERY - 1)
        self._size = self._began
        self._overlays: dict[int, Overlay] = {}
        self._lock = threading.RLock()
        self._watchers: list[Callable[[int], None]] = []
        self.movements: list[Movement] = []
        self.steps = 0

    @property
    def size(self) -> int:
        """How many positions the list has, those of tenants that left included."""
        return self._size

    def watch(self, told: Callable[[int], None]) -> None:
        """Have ``told`` called with the index of every customer whose row changes."""
        self._watchers.append(told)

    def tenant_id(self, index: int) -> str:
        """Return the tenant id at ``index``."""
        return self._tenants.guid(index)

    def index(self, tenant_id: str) -> int:
        """Return the position of ``tenant_id``, in any letter case, also of one that left."""
        number = self._tenants.number(tenant_id)
        if number is None or number >= self._size:
            raise UnknownCustomerError(f"No customer of this world has the tenant id {tenant_id}.")
        return number

    def relationship(self, index: int) -> Relationship:
        """Return what the customer at ``index`` is to the partner."""
        changed = self._overlays.get(index, UNTOUCHED).relationship
        if changed is not None:
            return changed
        if index < self._began and index % _OTHER_EVERY == _OTHER_AT:
            return _OTHERS[index // _OTHER_EVERY % len(_OTHERS)]
        return Relationship.RESELLER

    def has_left(self, tenant_id: str) -> bool:
        """Whether the tenant was a customer and is none now."""
        return self._overlays.get(self.index(tenant_id), UNTOUCHED).left

    def row(self, index: int) -> Row:
        """Return what the listing shows of ``index``, whether it left or not."""
        overlay = self._overlays.get(index, UNTOUCHED)
        first = self.companies.identities.of(index)
        now = first if not overlay.renamings else self.companies.identity(index, overlay)
        label = self.companies.label(index, first)
        return Row(
            index=index,
            tenant_id=self._tenants.guid(index),
            name=self.companies.listed_name(index, now, overlay),
            domain=self.companies.default_domain(index, label),
            relationship=self.relationship(index),
        )

    def rows(self, start: int, *, backwards: bool = False, match: Match | None = None) -> Iterator[Row]:
        """Yield the rows from position ``start`` on that are in the list and that ``match``, forwards or backwards."""
        positions = range(start, -1, -1) if backwards else range(start, self._size)
        for index in positions:
            if self._overlays.get(index, UNTOUCHED).left:
                continue
            row = self.row(index)
            if match is None or match(row):
                yield row

    def customer(self, tenant_id: str) -> Customer:
        """Return everything about ``tenant_id``, also when it left."""
        index = self.index(tenant_id)
        overlay = self._overlays.get(index, UNTOUCHED)
        if overlay.relationship is None:
            overlay = _with_relationship(overlay, self.relationship(index))
        ids = (self._commerce.guid(index), self._profiles.guid(index))
        return self.companies.complete(index, self._tenants.guid(index), ids, overlay)

    def tenant_ids(self, relationship: Relationship | None = Relationship.RESELLER) -> Iterator[str]:
        """Yield the ids of all tenants in the list with ``relationship`` (``None``: with any), in list order."""
        for index in range(self._size):
            if self._overlays.get(index, UNTOUCHED).left:
                continue
            if relationship is None or self.relationship(index) is relationship:
                yield self._tenants.guid(index)

    def present(self) -> int:
        """Return how many tenants are in the list now, whatever their relationship."""
        return self._size - sum(overlay.left for overlay in list(self._overlays.values()))

    def advance(self, steps: int = 1) -> list[Movement]:
        """Let time pass: some customers arrive, change or leave. Return exactly what happened, in order.

        A tenant moves at most once in a step. The same seed and the same history give the same movements.
        """
        with self._lock:
            before = len(self.movements)
            for _ in range(steps):
                self.steps += 1
                chance = Random(f"{self.seed}:{self.steps}:{self._size}")  # noqa: S311 (must be repeatable, no secret)
                departed = sorted(index for index, overlay in self._overlays.items() if overlay.left)
                for kind, index in plan_step(chance, self._size, departed, self._is_customer):
                    self._move(kind, index)
            return self.movements[before:]

    def rename(self, tenant_id: str, name: str | None = None) -> Movement:
        """Give the tenant ``name``, or an invented new one. Shown in the listing and by id."""
        with self._lock:
            return self._move(MovementKind.RENAMED, self.index(tenant_id), Wanted(name=name))

    def change_contact(self, tenant_id: str, contact: Person | None = None) -> Movement:
        """Give the tenant ``contact``, or another invented person. The listing does not show it."""
        with self._lock:
            return self._move(MovementKind.CONTACT_CHANGED, self.index(tenant_id), Wanted(contact=contact))

    def leave(self, tenant_id: str) -> Movement:
        """End the relationship: gone from the listing, refused by id. Raises ``ValueError`` if it already left."""
        with self._lock:
            return self._move(MovementKind.LEFT, self.index(tenant_id))

    def come_back(self, tenant_id: str) -> Movement:
        """Take up the relationship again. Raises ``ValueError`` if the tenant never left."""
        with self._lock:
            return self._move(MovementKind.RETURNED, self.index(tenant_id))

    def add(self, name: str | None = None, *, contact: Person | None = None,
            relationship: Relationship | None = None) -> Movement:  # fmt: skip
        """Append one new customer, invented apart from what is given."""
        with self._lock:
            return self._move(MovementKind.ADDED, self._size, Wanted(name, contact, relationship))

    def set_rights(self, tenant_id: str, *, delegated: bool | None = None, role_granted: bool | None = None,
                   readable: bool | None = None) -> None:  # fmt: skip
        """Change what the partner may see of the tenant; ``None`` leaves a right as it is."""
        given = {"delegated": delegated, "role_granted": role_granted, "readable": readable}
        with self._lock:
            overlay = self._overlays.setdefault(self.index(tenant_id), Overlay())
            overlay.changes.update({right: value for right, value in given.items() if value is not None})

    def _is_customer(self, index: int) -> bool:
        left = self._overlays.get(index, UNTOUCHED).left
        return not left and self.relationship(index) is Relationship.RESELLER

    def _move(self, kind: MovementKind, index: int, wanted: Wanted = ANYTHING) -> Movement:
        before = self._shown(kind, index)
        overlay = self._overlays.get(index) or Overlay()
        self._size = max(self._size, index + 1)
        if kind in {MovementKind.LEFT, MovementKind.RETURNED}:
            leaves = kind is MovementKind.LEFT
            if overlay.left is leaves:
                raise ValueError(f"{self._tenants.guid(index)} has {'already' if leaves else 'never'} left.")
            overlay.left = leaves
        if kind is MovementKind.RENAMED:
            overlay.renamings += wanted.name is None
            overlay.name = wanted.name
        if kind is MovementKind.CONTACT_CHANGED:
            overlay.contacts += wanted.contact is None
            overlay.contact = wanted.contact
        if kind is MovementKind.ADDED:
            overlay.name, overlay.contact, overlay.relationship = (
                wanted.name,
                wanted.contact,
                wanted.relationship,
            )
        self._overlays[index] = overlay
        movement = Movement(kind, self._tenants.guid(index), self.steps, before, self._shown(kind, index))
        self.movements.append(movement)
        for told in self._watchers:
            told(index)
        return movement

    def _shown(self, kind: MovementKind, index: int) -> str:
        if index >= self._size:
            return ""
        if kind is MovementKind.CONTACT_CHANGED:
            contact = self.customer(self._tenants.guid(index)).contact
            return f"{contact.first} {contact.last} <{contact.email}>".strip()
        return self.row(index).name


def _with_relationship(overlay: Overlay, relationship: Relationship) -> Overlay:
    return Overlay(
        renamings=overlay.renamings, name=overlay.name, contacts=overlay.contacts, contact=overlay.contact,
        left=overlay.left, relationship=relationship, changes=overlay.changes,
    )  # fmt: skip

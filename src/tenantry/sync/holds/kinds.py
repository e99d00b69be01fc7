"""What holds ask the area that plans a class of changes: how a held change is shown, hashed, applied and rejected.

An area derives one :class:`HeldKind`, and registers it when the app starts (``sync.apps``)::

    class HeldRemovals(HeldKind):
        name, change_kinds, two_people = "removals", frozenset({"person.deactivate"}), True
        def rows(self, changes, *, lock=False): ...

    register(HeldRemovals())

It opens holds with ``sync.holds.opening.hold_trips``. Everything else is done here for every kind: the pages, approvals
bound to content and their expiry, a second person, the run of a release, notices, and trying again what failed.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.db.models import QuerySet

from tenantry.audit.events import Actor
from tenantry.sync.models import Change, ChangeState

CREATIONS, REMOVALS, INVITATIONS, UNDOS = "creations", "removals", "invitations", "undos"
"""The names of the kinds that the pages have words for."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held change as it would be applied now. ``content`` is the digest of all that a person approves of it.

    ``name`` is whom or what it is about. ``facts`` is what the page shows besides: of creations what
    ``sync.automatic.held`` gives; all others ``company``, ``company_id``, ``user_id``, ``email``, ``role`` and ``why``.
    ``invited``: applying it sends an e-mail. ``note`` says what changed since it was held.
    """

    change: Change
    content: UUID
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    invited: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change that was to be applied: ``APPLIED``, ``STALE``, ``CANCELLED``, or ``FAILED``.

    ``problem`` is a sentence where it is not applied; what failed is tried again, later and later. ``details`` are
    added to those of the change.
    """

    state: ChangeState = ChangeState.APPLIED
    problem: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Applier(Protocol):
    """Applies one change that is locked, and whose approval was checked if it had been held.

    ``run_id`` is the run that it counts as: a release, or its own. What is raised undoes what was written here; the
    change has then failed and is tried again.
    """

    def __call__(self, change: Change, *, run_id: int, now: datetime) -> Outcome:
        """Apply the change, or say why not."""


class HeldKind(ABC):
    """A class of changes that a brake may hold. Every method runs in the marketplace's scope and a transaction."""

    name: ClassVar[str]
    change_kinds: ClassVar[frozenset[str]]
    two_people: ClassVar[bool] = False
    """Whether a marketplace may ask for a second person here (``Limits.removals_approvers``)."""

    @abstractmethod
    def refusal(self) -> str:
        """Return in a sentence why none of it may be applied now, or an empty text."""

    @abstractmethod
    def waiting(self, changes: QuerySet[Change]) -> QuerySet[Change]:
        """Narrow these held changes to those that are still to decide: nobody did it, or decided, elsewhere."""

    @abstractmethod
    def rows(self, changes: Sequence[Change], *, lock: bool = False) -> list[HeldRow]:
        """Return these changes as they would be applied now, in their order, without those that are gone.

        A fixed number of queries. ``lock``: also lock what the content is made of, so that it stays.
        """

    @abstractmethod
    def applier(self) -> Applier:
        """Return what applies changes of this kind, one at a time. What all of them need is read here, once."""

    @abstractmethod
    def began_to_wait(self, changes: QuerySet[Change]) -> None:
        """Do what else is to be done when changes begin to be held."""

    @abstractmethod
    def end(self, changes: QuerySet[Change], *, by_hand: bool, actor: Actor, now: datetime) -> None:
        """Do what else is to be done when held changes are not applied. ``by_hand``: a person rejected them.

        What a person rejected must not be planned again while nothing about it changes.
        """


_kinds: dict[str, HeldKind] = {}


def register(kind: HeldKind) -> None:
    """Make a kind known. Registering it again replaces it."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> HeldKind:
    """Return the kind that a hold names."""
    return _kinds[name]


def kind_of(change: Change) -> HeldKind:
    """Return the kind that a change belongs to. Raises ``KeyError`` when no area has registered it."""
    found = next((kind for kind in _kinds.values() if change.kind in kind.change_kinds), None)
    if found is None:
        raise KeyError(change.kind)
    return found


def every_kind() -> list[HeldKind]:
    """Return all kinds that are registered."""
    return list(_kinds.values())


def held_change_kinds() -> list[str]:
    """Return the kinds of changes that may be held, and that are tried again when they failed."""
    return sorted(name for kind in _kinds.values() for name in kind.change_kinds)

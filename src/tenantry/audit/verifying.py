"""Checks a chain link by link against the events, and says which event was changed, removed, moved or put in."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenantry.audit.chain import link_digest, unchainable
from tenantry.audit.heads import Head, head_of, sound_head_of
from tenantry.audit.models import INSTALLATION, ChainLink, Event
from tenantry.isolation.scope import marketplace_scope

_BATCH = 2_000
_MOST_FAULTS = 20


class FaultKind(StrEnum):
    """What was done to the record."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    ADDED = "added"
    CUT_OFF = "cut off"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold: at which link, which event (``None`` when it is gone with its link), a sentence."""

    kind: FaultKind
    link: int
    event_id: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a chain: behind the link ``sequence``, whose digest is ``digest``."""

    sequence: int = 0
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. ``held`` links held before the first fault; ``reached`` is how far it came.

    ``ended``: it came to the end of the chain, and compared that with the head.
    """

    held: int
    reached: Place
    faults: tuple[Fault, ...]
    ended: bool

    @property
    def sentence(self) -> str:
        """The first fault in words; empty while all holds."""
        return self.faults[0].sentence if self.faults else ""


def _never() -> bool:
    return False


def scope_of(marketplace_id: int) -> AbstractContextManager[None]:
    """Open the scope in which a marketplace's events are seen; none for the installation's own."""
    return nullcontext() if marketplace_id == INSTALLATION else marketplace_scope(marketplace_id)


def verify_chain(
    *, marketplace_id: int, now: datetime, start: Place | None = None, should_stop: Callable[[], bool] = _never
) -> Verdict:
    """Check the chain from ``start`` (its beginning by default), in batches, each in a scope of its own.

    What was removed behind the last link shows by the head. Raises ``KeyRingMissing``.
    """
    with scope_of(marketplace_id):
        head, sound = sound_head_of(marketplace_id)
    base = Place(*head.base) if head and sound else Place()
    place = start if start and start.sequence >= base.sequence else base
    faults: list[Fault] = []
    held = 0
    while len(faults) < _MOST_FAULTS:
        if should_stop():
            return Verdict(held, place, tuple(faults), ended=False)
        with scope_of(marketplace_id):
            batch = _Batch(marketplace_id, place, head.sequence if head else None)
            found = batch.check()
            faults += found
        held += batch.held if len(faults) == len(found) else 0
        place = batch.reached
        if batch.last:
            break
    with scope_of(marketplace_id):
        faults += _ending(marketplace_id, place, head, sound=sound, now=now)
    return Verdict(held, place, tuple(faults[:_MOST_FAULTS]), ended=True)


class _Batch:
    """Some links behind a place, with their events."""

    def __init__(self, marketplace_id: int, place: Place, until: int | None) -> None:
        rows = ChainLink.objects.filter(marketplace_id=marketplace_id, sequence__gt=place.sequence)
        if until is not None:
            rows = rows.filter(sequence__lte=until)
        self.links: Sequence[ChainLink] = list(rows.order_by("sequence")[:_BATCH])
        self.events = Event.objects.in_bulk([link.event_id for link in self.links])
        self.last = len(self.links) < _BATCH
        self.reached = place
        self.held = 0

    def check(self) -> list[Fault]:
        """Go through the links. Behind one that does not hold, go on from the digest that it has."""
        faults: list[Fault] = []
        for link in self.links:
            faults += self._of(link)
            self.reached = Place(link.sequence, bytes(link.digest))
            self.held += not faults
        return faults

    def _of(self, link: ChainLink) -> list[Fault]:
        expected, number = self.reached.sequence + 1, link.sequence
        if number != expected:
            gone = f"link {expected} is" if number == expected + 1 else f"links {expected} to {number - 1} are"
            sentence = f"An event was removed before event {link.event_id}: {gone} missing from the chain."
            return [Fault(FaultKind.REMOVED, expected, None, sentence)]
        event = self.events.get(link.event_id)
        if event is None:
            return [Fault(FaultKind.REMOVED, number, link.event_id, f"Event {link.event_id} was removed.")]
        if link_digest(self.reached.digest, event) == bytes(link.digest):
            return []
        return [self._wrong(link)]

    def _wrong(self, link: ChainLink) -> Fault:
        for other in self.links:
            event = self.events.get(other.event_id)
            if event is None or other.sequence <= link.sequence:
                continue
            if link_digest(self.reached.digest, event) in {bytes(link.digest), bytes(other.digest)}:
                sentence = f"Events were reordered: event {event.pk} belongs where event {link.event_id} stands."
                return Fault(FaultKind.REORDERED, link.sequence, event.pk, sentence)
        sentence = f"Event {link.event_id} at link {link.sequence} was changed, or one before it was removed."
        return Fault(FaultKind.CHANGED, link.sequence, link.event_id, sentence)


def _ending(marketplace_id: int, place: Place, head: Head | None, *, sound: bool, now: datetime) -> list[Fault]:
    """Compare the end that was reached with the head, and look for what stands outside the chain."""
    faults = []
    if head is None and place.sequence:
        faults.append(Fault(FaultKind.HEAD, place.sequence, None, "The head of the chain is missing."))
    if head is not None:
        faults += _against(head, place, sound=sound)
        faults += _beyond(marketplace_id)
    faults += _unlinked(marketplace_id, now)
    return faults


def _against(head: Head, place: Place, *, sound: bool) -> list[Fault]:
    if not sound:
        sentence = "The head of the chain was changed: its signature is not one of this installation's keys."
        return [Fault(FaultKind.HEAD, head.sequence, None, sentence)]
    if place.sequence < head.sequence:
        count = head.sequence - place.sequence
        sentence = (
            f"The newest {count:,} events were cut off: the chain ends at link {place.sequence} of {head.sequence}."
        )
        return [Fault(FaultKind.CUT_OFF, place.sequence + 1, None, sentence)]
    if place.digest != head.digest:
        return [Fault(FaultKind.HEAD, head.sequence, None, "The last link is not the one that the head names.")]
    return []


def _beyond(marketplace_id: int) -> list[Fault]:
    # In this order: the chain may grow meanwhile, and then both do.
    newest = ChainLink.objects.filter(marketplace_id=marketplace_id).order_by("-sequence").first()
    head = head_of(marketplace_id)
    if newest is None or head is None or newest.sequence <= head.sequence:
        return []
    sentence = f"Links were put in behind the head: {head.sequence + 1} to {newest.sequence}."
    return [Fault(FaultKind.ADDED, head.sequence + 1, newest.event_id, sentence)]


def _unlinked(marketplace_id: int, now: datetime) -> list[Fault]:
    ids = unchainable(marketplace_id, now).values_list("id", flat=True)[:_MOST_FAULTS]
    return [
        Fault(FaultKind.ADDED, 0, pk, f"Event {pk} was put in past the chain, or its link was removed.") for pk in ids
    ]

"""Whether a small marketplace waits for a large one: how long its first sync takes beside the other's, and alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from tests.faults.machines.fleet import Fleet
from tests.faults.machines.markets import Caller, Market, Partner, furnish, wish

SMALL = 50
"""Customers of the small marketplace."""
_LONGEST = 600.0
_ENDED: LiteralString = "select bool_and(ended_at is not null) from sync_run where marketplace_id = %s"
_TOOK: LiteralString = (
    "select extract(epoch from max(ended_at) - min(created_at))::float from sync_run where marketplace_id = %s"
)
_READ: LiteralString = (
    "select count(*) from sync_pendingcompany p join sync_tenant t on t.id = p.tenant_id "
    "where p.marketplace_id = %s and t.details_at is not null"
)


@dataclass(frozen=True)
class Shared:
    """One way in which the two meet. Seconds of the small one's first sync, ``alone`` and ``beside`` the large one's.

    ``read`` of the large one's customers were read when the small one was done.
    """

    name: str
    alone: float
    beside: float
    read: int

    @property
    def ratio(self) -> float:
        """How many times as long it takes beside the large one."""
        return self.beside / self.alone


@dataclass(frozen=True)
class Met:
    """The ways, and the large one itself: its customers, and the seconds of its sync."""

    ways: Sequence[Shared]
    customers: int
    seconds: float


def measure(
    fleet: Fleet, large: Sequence[Partner], small: Sequence[Partner], *, workers: int, rate: int, after: float = 5.0
) -> Met:  # fmt: skip
    """Time the first sync of 50 customers, alone and begun ``after`` seconds into that of many.

    Once over a connection of its own, once over the very connection of the large one, from which its feed names 50
    tenants. ``large`` and ``small`` are two partners each, of one size, so that neither was read before. The large ones
    allow ``rate`` reads of a customer a minute.
    """
    named = [partner.tenants()[:: max(1, partner.customers // SMALL)][:SMALL] for partner in large]
    own_alone, named_alone, crowd, own, inside = furnish(fleet, [
        wish("Own alone", small[0]),
        wish("Named alone", large[0], rate=rate, tenants=named[0]),
        wish("Large", large[1], rate=rate),
        wish("Own beside", small[1]),
        wish("Named beside", large[1], tenants=named[1], connection="Partner Center of Large", syncs=False),
    ])  # fmt: skip
    fleet.add("web", 1)
    fleet.add("worker", workers)
    alone = []
    for market in (own_alone, named_alone):
        Caller(fleet, market).sync()
        alone.append(_seconds(fleet, market))
    Caller(fleet, crowd).sync()
    time.sleep(after)
    Caller(fleet, own).sync()
    Caller(fleet, inside).switch_on()
    ways = []
    for name, market, before in (
        ("over a connection of its own", own, alone[0]),
        (f"over the large one's connection, {SMALL} tenants named", inside, alone[1]),
    ):
        seconds = _seconds(fleet, market)
        ways.append(Shared(name, before, seconds, int(fleet.one(_READ, crowd.id))))
    return Met(ways, large[1].customers, _seconds(fleet, crowd))


def _seconds(fleet: Fleet, market: Market) -> float:
    """Wait until every run of the marketplace has ended; return the seconds from its first one's start."""
    fleet.wait(_ENDED, market.id, seconds=_LONGEST, what=f"the end of {market.name}'s runs")
    return float(fleet.one(_TOOK, market.id))

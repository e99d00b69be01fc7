"""When an installation is at rest, and waiting for that."""

import time
from typing import LiteralString

from tests.faults.crashing.settling import STILL_TO_DO
from tests.faults.machines.fleet import Fleet

ALL_SYNCED: LiteralString = (
    "select count(*) > 0 and bool_and(ended_at is not null) and not exists (select from sync_pendingcompany "
    "where state = 'pending' and matched_at is null) from sync_run where kind = 'companies'"
)
"""Whether the runs of companies have ended, and what they brought is matched with the companies."""


def rest(fleet: Fleet, *, seconds: float) -> None:
    """Wait until nothing is left to do. Fails with what is left when that takes longer."""
    until = time.monotonic() + seconds
    while left := _left(fleet):
        assert time.monotonic() < until, f"left after {seconds:.0f} s: {left}. It said: {fleet.said()}"
        time.sleep(0.1)


def _left(fleet: Fleet) -> dict[str, int]:
    found = {name: int(fleet.one(query)) for name, query in STILL_TO_DO.items()}
    return {name: count for name, count in found.items() if count}

"""How long to wait before starting something again that has ended, and when to stop trying. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Counts ends in a row. ``delays`` are the seconds before each restart in the row.

    A run of at least ``calm_after`` seconds starts the row anew. After the last delay: None (give up) when
    ``gives_up``, else the last delay again and again.
    """

    delays: Sequence[float]
    calm_after: float
    gives_up: bool
    in_a_row: int = 0

    def after(self, lived: float) -> float | None:
        """Return the seconds to wait after a run that lived so long, None when it is time to give up."""
        if lived >= self.calm_after:
            self.in_a_row = 0
        self.in_a_row += 1
        if self.in_a_row <= len(self.delays):
            return self.delays[self.in_a_row - 1]
        return None if self.gives_up else self.delays[-1]

"""How long a call is retried in place, before it becomes the queue's business."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits between attempts, in seconds; what outlasts them is the queue's business.

    The usual ``waits`` are those of Microsoft's SDK; ``longest_wait`` is the longest ``Retry-After`` sat out
    here; after ``total`` no further attempt begins.
    """

    waits: tuple[float, ...] = (0.5, 1.5, 3.5)
    longest_wait: float = 30.0
    total: float = 120.0

"""Tells a marketplace's managers of holds: once when something is held, once when nothing of it waits any more."""

from datetime import datetime

from tenantry.sync.models import Run


def tell_held(run: Run, kind: str, *, now: datetime) -> None:
    """Tell that changes of this kind are held by the run, unless that was told. In the marketplace's scope."""


def tell_settled(run_id: int, kind: str, *, now: datetime) -> None:
    """Tell that nothing of this kind waits in the run any more, if that it waits was told."""

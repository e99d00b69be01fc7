"""What the sync puts into the queue (``tenantry.jobs``): jobs of ``sync.tasks``."""

from datetime import datetime

from tenantry.jobs import defer

_TASKS = "tenantry.sync.tasks"


def enqueue_listing(observation_id: int, connection_id: int, *, at: datetime | None = None) -> None:
    """Have the listing of an observation read (on)."""
    defer(f"{_TASKS}.observe", lock=f"listing-{connection_id}", at=at, observation_id=observation_id)


def enqueue_runs(connection_id: int, *, at: datetime | None = None) -> None:
    """Have a connection's runs taken on: planned and applied, and their details read."""
    for task in ("first_passes", "details"):
        defer(f"{_TASKS}.{task}", lock=f"{task}-{connection_id}", at=at, connection_id=connection_id)


def enqueue_hints(connection_id: int, *, at: datetime | None = None) -> None:
    """Have the hints of a connection followed."""
    defer("tenantry.sync.hints.jobs.follow", lock=f"hints-{connection_id}", at=at, connection_id=connection_id)


def enqueue_pushes(connection_id: int) -> None:
    """Have a connection's provider asked to tell when people change, or no more."""
    defer("tenantry.sync.hints.jobs.keep", lock=f"pushes-{connection_id}", connection_id=connection_id)


def enqueue_matching(marketplace_id: int) -> None:
    """Have the pending companies of a marketplace matched that want it."""
    defer(f"{_TASKS}.match", lock=f"match-{marketplace_id}", looked_for=True, marketplace_id=marketplace_id)


def enqueue_matching_help(marketplace_id: int) -> None:
    """Have a second job match beside the first one: another core's, where there is another worker."""
    defer(f"{_TASKS}.help_matching", lock=f"help-matching-{marketplace_id}", marketplace_id=marketplace_id)


def enqueue_decisions(run_id: int, marketplace_id: int) -> None:
    """Have the decisions of a run made (on)."""
    defer(f"{_TASKS}.decide", lock=f"decide-{run_id}", run_id=run_id, marketplace_id=marketplace_id)


def enqueue_released(marketplace_id: int) -> None:
    """Have applied what was released from holds, or failed before and is due again."""
    defer(f"{_TASKS}.released", lock=f"released-{marketplace_id}", marketplace_id=marketplace_id)


def enqueue_undo(run_id: int, marketplace_id: int) -> None:
    """Have the changes taken back (on) that a run of undoing planned."""
    defer("tenantry.sync.undoing.jobs.take_back", lock=f"undo-{run_id}", run_id=run_id, marketplace_id=marketplace_id)


def enqueue_people(connection_id: int, *, at: datetime | None = None) -> None:
    """Have a connection's runs of User Sync taken on."""
    defer("tenantry.sync.people.jobs.people", lock=f"people-{connection_id}", at=at, connection_id=connection_id)

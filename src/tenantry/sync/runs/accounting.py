"""Counts a run from its rows. The sums must hold (``check_sums``), else the run is suspect."""

from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db.models import Count

from tenantry.isolation.bulk import whole_tables
from tenantry.sync.models import Change, ChangeState, Feed, Observation, Run
from tenantry.sync.runs.candidates import inside, waiting

# Each tenant that the run's list showed, and what the run made of it. Judged by how things stand now.
EACH_TENANT = f"""
    select t.id as tenant_id, case
        when c.tenant_id is not null then 'with_changes'
        when l.id is not null then 'skipped_linked'
        when s.relationship <> 'reseller' or s.ended_at is not null then 'skipped_not_reseller'
        when {waiting("own")} then 'waiting_for_details'
        when not {inside("own")} then 'skipped_out_of_scope'
        when p.state in ('created', 'linked') then 'skipped_decided'
        when p.content_hash = t.content_hash then 'unchanged'
        else 'unexplained'
    end as kind
    from (
        select distinct unnest(row_ids) as tenant_id from sync_observationpage
        where observation_id = %(observation)s and generation = %(generation)s
    ) seen
    join sync_tenant t on t.id = seen.tenant_id
    join sync_sighting s on s.tenant_id = t.id and s.connection_id = %(connection)s
    join sync_feed own on own.marketplace_id = %(marketplace)s and own.connection_id = s.connection_id
    left join sync_pendingcompany p on p.marketplace_id = %(marketplace)s and p.tenant_id = t.id
    left join sync_tenantlink l on l.marketplace_id = %(marketplace)s and l.tenant_id = t.id and l.ended_at is null
    left join (
        select distinct tenant_id from sync_change where marketplace_id = %(marketplace)s and run_id = %(run)s
    ) c on c.tenant_id = t.id
"""  # noqa: S608  # made of our own columns only
_COUNT = f"select kind, count(*) from ({EACH_TENANT}) each_tenant group by kind"  # noqa: S608  # same

SKIPPED = ("skipped_linked", "skipped_not_reseller", "skipped_out_of_scope", "skipped_decided")


@dataclass(frozen=True, slots=True)
class Account:
    """The counters of a run, and a sentence about the sum that does not hold (empty when all do)."""

    counters: dict[str, int]
    suspect: str


def account_for(run: Run) -> Account:
    """Count the run from its rows. Runs in the marketplace's scope."""
    counters = _observed(run.observation)
    counters |= {f"tenants_{kind}": count for kind, count in _tenants(run).items()}
    counters |= _changes(run.pk)
    counters["tenants_skipped"] = sum(counters.get(f"tenants_{kind}", 0) for kind in SKIPPED)
    return Account(counters, check_sums(counters))


def _changes(run_id: int) -> dict[str, int]:
    states = dict(Change.objects.filter(run_id=run_id).values_list("state").annotate(count=Count("id")))
    return {"changes": sum(states.values())} | {f"changes_{state}": count for state, count in states.items()}


def recount_changes(run_id: int) -> None:
    """Count the changes of a run that has ended anew: held ones are released, rejected and made long after it.

    In the marketplace's scope. A run that goes on is counted when it ends.
    """
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.ended_at is None:
        return
    kept = {name: count for name, count in run.counters.items() if not name.startswith("changes")}
    run.counters = kept | _changes(run_id)
    run.save(update_fields=["counters"])


def count_undone(run_id: int, *, count: int = 1) -> None:
    """Count changes of a run that has ended as undone that were applied: without counting all of its rows anew.

    In the marketplace's scope, in the transaction that undoes them.
    """
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.ended_at is None:
        return
    applied, undone = (run.counters.get(f"changes_{state}", 0) for state in ("applied", "undone"))
    run.counters = {**run.counters, "changes_applied": applied - count, "changes_undone": undone + count}
    run.save(update_fields=["counters"])


def _observed(observation: Observation | None) -> dict[str, int]:
    if observation is None:
        return {}
    return {
        "records": observation.records,
        "records_invalid": observation.invalid,
        "records_repeated": observation.repeated,
        "details_read": observation.details_read,
        "details_failed": observation.details_failed,
        "details_total": observation.details_total,
    }


def _tenants(run: Run) -> dict[str, int]:
    if run.observation is None or not Feed.objects.filter(connection_id=run.connection_id or 0).exists():
        return {}
    with whole_tables(), database.cursor() as cursor:
        cursor.execute(_COUNT, place_of(run, run.observation))
        kinds: dict[str, int] = dict(cursor.fetchall())
    return {**kinds, "seen": sum(kinds.values())}


def place_of(run: Run, observation: Observation) -> dict[str, Any]:
    """Return the parameters of :data:`EACH_TENANT` for a run."""
    return {
        "observation": observation.pk,
        "generation": observation.generation,
        "connection": run.connection_id,
        "marketplace": run.marketplace_id,
        "run": run.pk,
    }


def check_sums(counters: dict[str, int]) -> str:
    """Return a sentence about the first sum that does not hold, or an empty string."""
    valid = counters.get("records", 0) - counters.get("records_invalid", 0) - counters.get("records_repeated", 0)
    if "tenants_seen" in counters and valid != counters["tenants_seen"]:
        return f"{valid} valid records were read, but {counters['tenants_seen']} tenants were seen."
    if unexplained := counters.get("tenants_unexplained", 0):
        return f"{unexplained} tenants were neither changed nor found unchanged."
    return _check_parts(counters)


_PARTS = {
    "tenants_seen": ("tenants", ("unchanged", "waiting_for_details", "skipped", "with_changes")),
    "changes": ("changes", tuple(state.value for state in ChangeState)),
}


def _check_parts(counters: dict[str, int]) -> str:
    for total, (name, parts) in _PARTS.items():
        found = sum(counters.get(f"{name}_{part}", 0) for part in parts)
        if total in counters and counters[total] != found:
            return f"{counters[total]} {name} were counted, but their parts sum up to {found}."
    return ""

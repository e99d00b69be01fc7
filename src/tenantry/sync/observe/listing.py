"""Reads a listing page by page. Each page's rows and the cursor behind it are committed together.

A killed worker goes on at the page it was on; no page counts twice, because a page is written only if
the observation still stands where that page was asked from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenantry.core.records import Ending, TenantPage
from tenantry.core.texts import storable
from tenantry.providers.base import TenantSource
from tenantry.providers.errors import CursorExpired, ProviderError
from tenantry.sync.models import Finding, Observation, ObservationState
from tenantry.sync.observe.absence import count_repeated, mark_absent
from tenantry.sync.observe.admitting import admit_page
from tenantry.sync.observe.pages import FINDING_KIND, MOST_FINDINGS, keep_findings, keep_page
from tenantry.sync.observe.store import store_listing

_MOST_GENERATIONS = 5
_PAGES_BETWEEN_CHECKS = 50
RETRY_AFTER = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an observation stands after a step. ``retry_at`` is set when it should be tried again later.

    ``observation`` is the row as this step committed it, if it wrote one: the next step need not look it up.
    """

    state: str
    retry_at: datetime | None = None
    observation: Observation | None = field(default=None, compare=False, repr=False)

    @property
    def goes_on(self) -> bool:
        """Whether another page is to be read now."""
        return self.state == ObservationState.LISTING and self.retry_at is None


def failure_of(error: ProviderError) -> dict[str, Any]:
    """Return the failure as pages, API and terminal show it: what, whose fault, what next."""
    return {
        "kind": type(error).__name__,
        "what": storable(error.message),
        "fault": error.fault.value,
        "next": storable(error.next_step),
        "request_id": storable(error.request_id),
        "correlation_id": storable(error.correlation_id),
        "retryable": error.retryable,
    }


def read_next_page(
    observation_id: int, *, source: TenantSource, clock: Clock, known: Observation | None = None
) -> Standing:
    """Read and store the next page. Never raises a provider's error: it becomes the observation's failure.

    ``known`` is the row as the step before left it. It may be out of date: then this page is not stored.
    """
    observation = known or Observation.objects.select_related("connection").get(pk=observation_id)
    if observation.state == ObservationState.WAITING:
        observation = _start(observation, now=clock())
    if observation.state != ObservationState.LISTING:
        return Standing(observation.state)
    asked_at = (observation.generation, observation.pages)
    try:
        page = source.list_tenants(observation.cursor or None)
    except CursorExpired as error:
        return _start_over(observation_id, asked_at, error, now=clock())
    except ProviderError as error:
        return _note_failure(observation_id, asked_at, error, now=clock())
    return _store(observation_id, asked_at, admit_page(page), now=clock())


def _start(observation: Observation, *, now: datetime) -> Observation:
    changed = Observation.objects.filter(pk=observation.pk, state=ObservationState.WAITING)
    changed.update(state=ObservationState.LISTING, started_at=now)
    return Observation.objects.select_related("connection").get(pk=observation.pk)


def _locked(observation_id: int, asked_at: tuple[int, int]) -> Observation | None:
    """Return the observation, locked, if it still stands where the page was asked from."""
    row = Observation.objects.select_for_update(of=("self",)).select_related("connection").get(pk=observation_id)
    unchanged = (row.generation, row.pages) == asked_at and row.state == ObservationState.LISTING
    return row if unchanged else None


@transaction.atomic
def _store(observation_id: int, asked_at: tuple[int, int], page: TenantPage, *, now: datetime) -> Standing:
    observation = _locked(observation_id, asked_at)
    if observation is None:  # somebody else read this page, or it was cancelled
        return Standing(Observation.objects.values_list("state", flat=True).get(pk=observation_id))
    asked_for = observation.cursor
    stored = store_listing(observation.connection, page.records, now=now)
    repeats = keep_page(observation, stored.tenant_ids, any_records=bool(page.records), ending=page.ending)
    keep_findings(observation, page.invalid, now=now)
    observation.pages += 1
    observation.cursor = page.cursor or ""
    observation.records += len(page.records) + len(page.invalid)
    observation.invalid += len(page.invalid)
    observation.new += stored.new
    observation.changed += stored.changed
    observation.failure = None
    observation.failures_in_a_row = 0
    goes_round = repeats or _goes_round(observation, asked_for=asked_for, page=page)
    if page.ending is not Ending.MORE or goes_round:
        _finish(observation, clean=page.ending is Ending.CLEAN and not goes_round, now=now)
    observation.save()
    return Standing(observation.state, observation=observation)


def _goes_round(observation: Observation, *, asked_for: str, page: TenantPage) -> bool:
    """Whether the provider leads us in circles: to the same place, or to the same tenants on ever other pages."""
    if page.ending is Ending.MORE and page.cursor in {asked_for, None, ""}:
        return True
    if observation.pages % _PAGES_BETWEEN_CHECKS:
        return False
    valid = observation.records - observation.invalid
    return count_repeated(observation) * 3 > valid * 2  # every tenant was shown three times


def _finish(observation: Observation, *, clean: bool, now: datetime) -> None:
    observation.state = ObservationState.DONE
    observation.listed_at = observation.ended_at = now
    observation.cursor = ""
    observation.repeated = count_repeated(observation)
    # Findings beyond the kept ones name tenants that were seen and are forgotten: nothing is judged absent then.
    observation.complete = clean and observation.invalid <= MOST_FINDINGS
    if observation.complete:
        mark_absent(observation, now=now)


@transaction.atomic
def _start_over(observation_id: int, asked_at: tuple[int, int], error: CursorExpired, *, now: datetime) -> Standing:
    """Begin a new generation: pages of the old one never count towards completeness."""
    observation = _locked(observation_id, asked_at)
    if observation is None:
        return Standing(ObservationState.LISTING)
    observation.failure = failure_of(error)
    if observation.generation >= _MOST_GENERATIONS:
        observation.state, observation.ended_at = ObservationState.FAILED, now
    else:
        observation.generation += 1
        observation.pages, observation.cursor = 0, ""
        observation.records = observation.invalid = 0
        Finding.objects.filter(observation=observation, kind=FINDING_KIND).delete()
    observation.save()
    return Standing(observation.state)


@transaction.atomic
def _note_failure(observation_id: int, asked_at: tuple[int, int], error: ProviderError, *, now: datetime) -> Standing:
    """Keep the failure; say when to try again, or end the observation when waiting can't help."""
    observation = _locked(observation_id, asked_at)
    if observation is None:
        return Standing(ObservationState.LISTING)
    observation.failure = failure_of(error)
    observation.failures_in_a_row += 1
    retry_at = None
    if error.retryable and observation.failures_in_a_row <= len(RETRY_AFTER):
        asked_to_wait = timedelta(seconds=getattr(error, "after", 0.0))
        retry_at = now + max(RETRY_AFTER[observation.failures_in_a_row - 1], asked_to_wait)
    else:
        observation.state, observation.ended_at = ObservationState.FAILED, now
    observation.save()
    return Standing(observation.state, retry_at)

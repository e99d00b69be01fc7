"""Drives an observation and its runs to the end, in slices. Used by queue jobs and by the command line alike.

Only one process drives a connection's listing, and one its details, at a time: an advisory lock of the
database, which ends with the process that held it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection as database

from tenantry.connections.models import Connection, Provider
from tenantry.connections.pacing import tenants_budget
from tenantry.connections.sources import open_source
from tenantry.providers.base import TenantSource
from tenantry.providers.errors import ProviderError, Throttled, Unavailable
from tenantry.sync.google.refreshing import marketplaces_with_google, refresh_google_tenants
from tenantry.sync.models import Observation, ObservationState, ObservedKind, RunState
from tenantry.sync.observe.ahead import reading_ahead
from tenantry.sync.observe.details import Answer, BatchReader, count_due, next_due, reading_batches
from tenantry.sync.observe.keeping import keep_answers
from tenantry.sync.observe.listing import Clock, Standing, failure_of, read_next_page
from tenantry.sync.observe.turns import read_to_the_end
from tenantry.sync.quarantine import ConnectionSetAside, judge_error, judge_rows, note_success
from tenantry.sync.runs.lifecycle import RunRef, begin_runs, end_run, live_runs
from tenantry.sync.runs.passes import after_listing, cancelled, finish, replan_tenants

ShouldStop = Callable[[], bool]
_LISTING_CLASS = 71_003
_DETAILS_CLASS = 71_004
_DETAILS_BATCH = 40
_PAUSE = timedelta(seconds=60)
_LOOK_FOR_CANCELLATION = 0.5
_LOOK_FOR_ENDS = 1.0


@contextmanager
def only_here(lock_class: int, connection_id: int) -> Iterator[bool]:
    """Hold the advisory lock for the block; give ``False`` when another process has it."""
    with database.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [lock_class, connection_id])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with database.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [lock_class, connection_id])


def drive_listing(observation_id: int, *, clock: Clock, should_stop: ShouldStop) -> Standing | None:
    """Read pages until the listing ends or ``should_stop`` says so, then begin its runs.

    Returns ``None`` when another process is at it.
    """
    connection = Observation.objects.select_related("connection").get(pk=observation_id).connection
    with only_here(_LISTING_CLASS, connection.pk) as held:
        if not held:
            return None
        standing = Standing(ObservationState.LISTING)
        try:
            with _opened(connection) as source, reading_ahead(source) as ahead:
                standing = _read_pages(observation_id, ahead, clock=clock, should_stop=should_stop)
        except ProviderError as error:  # the connection itself is not usable: no secret, no such cloud
            Observation.objects.filter(pk=observation_id).update(
                state=ObservationState.FAILED, failure=failure_of(error), ended_at=clock()
            )
            standing = Standing(ObservationState.FAILED)
        if standing.state == ObservationState.FAILED:
            judge_error(connection.pk, ObservedKind.COMPANIES, _failure(observation_id), now=clock())
        if standing.state not in {ObservationState.LISTING, ObservationState.WAITING}:
            begun = begin_runs(observation_id, now=clock())
            refreshed = _refresh_google(connection, now=clock())
            if begun or refreshed:
                total = count_due(connection.pk, now=clock())
                Observation.objects.filter(pk=observation_id).update(details_total=total)
        return standing


def _refresh_google(connection: Connection, *, now: datetime) -> bool:
    """Bring the Google tenants of all marketplaces up to date that the connection feeds; return whether it does."""
    places = marketplaces_with_google(connection.pk) if connection.provider == Provider.GOOGLE else []
    for marketplace_id in places:
        refresh_google_tenants(marketplace_id, now=now)
    return bool(places)


def _failure(observation_id: int) -> dict[str, Any] | None:
    return Observation.objects.values_list("failure", flat=True).get(pk=observation_id)


@contextmanager
def _opened(connection: Connection) -> Iterator[TenantSource]:
    """Open the connection for its list. Microsoft's pages count against no published limit; all calls to Google do."""
    if connection.provider != Provider.GOOGLE:
        with open_source(connection) as source:
            yield source
        return
    with tenants_budget(connection) as budget, open_source(connection, budget) as source:
        yield source


def _read_pages(observation_id: int, source: TenantSource, *, clock: Clock, should_stop: ShouldStop) -> Standing:
    known, looked_at = None, -_LOOK_FOR_CANCELLATION
    while True:
        if time.monotonic() - looked_at >= _LOOK_FOR_CANCELLATION:
            _honour_cancellation(observation_id, now=clock())
            known, looked_at = None, time.monotonic()
        standing = read_next_page(observation_id, source=source, clock=clock, known=known)
        if not standing.goes_on or should_stop():
            return standing
        known = standing.observation


def _honour_cancellation(observation_id: int, *, now: datetime) -> None:
    """Cancel the observation once every run that waits for it was cancelled."""
    connection_id = Observation.objects.values_list("connection_id", flat=True).get(pk=observation_id)
    attached = [ref for ref in live_runs(connection_id) if ref.observation_id == observation_id]
    if attached and all(cancelled(ref) for ref in attached):
        live = Observation.objects.filter(
            pk=observation_id, state__in=[ObservationState.LISTING, ObservationState.WAITING]
        )
        live.update(state=ObservationState.CANCELLED, ended_at=now)


def drive_first_passes(connection_id: int, *, clock: Clock, should_stop: ShouldStop) -> None:
    """Plan and apply every run whose listing is read. Safe to call at any time, by several processes."""
    for ref in live_runs(connection_id):
        if ref.state == RunState.APPLYING and not should_stop():
            with structlog.contextvars.bound_contextvars(run_id=ref.run_id, marketplace_id=ref.marketplace_id):
                after_listing(ref, connection_id, clock=clock, should_stop=should_stop)


@dataclass(frozen=True, slots=True)
class DetailsStanding:
    """Where the details of a connection stand. ``busy``: another process reads them."""

    left: int
    busy: bool = False
    retry_at: datetime | None = None


def drive_details(connection_id: int, *, clock: Clock, should_stop: ShouldStop) -> DetailsStanding:
    """Read due details until there are none, ``should_stop`` says so, or the provider asks for quiet."""
    with only_here(_DETAILS_CLASS, connection_id) as held:
        if not held:
            return DetailsStanding(left=0, busy=True)
        connection = Connection.objects.get(pk=connection_id)
        listed = Observation.of_tenants(connection_id).filter(state=ObservationState.DONE)
        observation = listed.order_by("-id").first()
        if observation is None:
            return DetailsStanding(left=0)
        try:
            with tenants_budget(connection) as budget, open_source(connection, budget) as source:
                standing = _read_details(connection_id, observation, source, clock=clock, should_stop=should_stop)
        except ProviderError as error:
            judge_error(connection_id, ObservedKind.COMPANIES, failure_of(error), now=clock())
            _fail_runs(connection_id, failure_of(error), now=clock())
            standing = DetailsStanding(left=0)
        except ConnectionSetAside as aside:
            _fail_runs(connection_id, aside.failure, now=clock())
            standing = DetailsStanding(left=0)
        _refresh_google(connection, now=clock())
        return standing


def _read_details(
    connection_id: int, observation: Observation, source: TenantSource, *, clock: Clock, should_stop: ShouldStop
) -> DetailsStanding:
    while not should_stop():
        if not _anybody_waits(connection_id, now=clock()):
            return DetailsStanding(left=0)
        batch = next_due(connection_id, limit=_DETAILS_BATCH, now=clock())
        if not batch:
            _finish_runs(connection_id, clock=clock, should_stop=should_stop)
            note_success(connection_id, ObservedKind.COMPANIES, began_at=observation.created_at, now=clock())
            return DetailsStanding(left=0)
        with reading_batches(source, should_stop=should_stop) as reader:
            reader.begin(batch)
            pause = _read_batches(connection_id, observation.pk, reader, clock=clock, should_stop=should_stop)
        if pause is not None:
            return DetailsStanding(left=len(batch), retry_at=clock() + pause)
    return DetailsStanding(left=count_due(connection_id, now=clock()))


def _read_batches(
    connection_id: int, observation_id: int, reader: BatchReader, *, clock: Clock, should_stop: ShouldStop
) -> timedelta | None:
    """Read until nothing else is due, somebody wants an end, or there is trouble; return how long to pause for it.

    Raises the failure that concerns the whole connection. What was answered is kept first, whatever comes.
    """
    looked_at = -_LOOK_FOR_ENDS
    while (answers := reader.take()) is not None:
        stopping = next((answer.error for answer in answers if answer.error and answer.error.stops_run), None)
        refused = bool(answers) and all(isinstance(answer.error, Unavailable | Throttled) for answer in answers)
        if answers and not (stopping or refused or should_stop() or _somebody_left(connection_id)):
            under_way = [answer.due.sighting_id for answer in answers]  # due until they are kept
            reader.begin(next_due(connection_id, limit=_DETAILS_BATCH, now=clock(), without=under_way))
        replan_tenants(connection_id, keep_answers(observation_id, answers, now=clock()), clock=clock)
        looked_at = _finish_early(connection_id, looked_at, clock=clock, should_stop=should_stop)
        if stopping is not None:
            raise stopping
        if any(answer.error for answer in answers):
            _judge(connection_id, observation_id, now=clock())
        if refused:
            return _pause_after(answers)
    return None


def _waiting(connection_id: int) -> list[RunRef]:
    return [ref for ref in live_runs(connection_id) if ref.state == RunState.READING_DETAILS]


def _somebody_left(connection_id: int) -> bool:
    return any(cancelled(ref) for ref in _waiting(connection_id))


def _anybody_waits(connection_id: int, *, now: datetime) -> bool:
    """End runs that are to stop; return False when that leaves no run of the connection."""
    waiting = _waiting(connection_id)
    for ref in waiting:
        if cancelled(ref):
            end_run(ref, state=RunState.CANCELLED, now=now)
    return not waiting or bool(live_runs(connection_id))


def _pause_after(answers: list[Answer]) -> timedelta:
    asked = max(getattr(answer.error, "after", 0.0) for answer in answers)
    return max(_PAUSE, timedelta(seconds=asked))


def _finish_early(connection_id: int, looked_at: float, *, clock: Clock, should_stop: ShouldStop) -> float:
    """End the runs whose own tenants are all read, while others' go on; return when that was looked at last."""
    if time.monotonic() - looked_at < _LOOK_FOR_ENDS:
        return looked_at
    ended = read_to_the_end(connection_id, now=clock())
    for ref in _waiting(connection_id) if ended else []:
        if ref.run_id in ended:
            finish(ref, clock=clock, should_stop=should_stop)
    return time.monotonic()


def _finish_runs(connection_id: int, *, clock: Clock, should_stop: ShouldStop) -> None:
    for ref in _waiting(connection_id):
        finish(ref, clock=clock, should_stop=should_stop)


def _judge(connection_id: int, observation_id: int, *, now: datetime) -> None:
    """Raise :class:`ConnectionSetAside` when too many of the tenants of this reading failed."""
    seen = Observation.objects.get(pk=observation_id)
    aside = judge_rows(
        connection_id, ObservedKind.COMPANIES, tried=seen.details_read + seen.details_failed,
        failed=seen.details_failed, failed_before=seen.details_failed_before, now=now,
    )  # fmt: skip
    if aside is not None:
        raise ConnectionSetAside(aside)


def _fail_runs(connection_id: int, failure: dict[str, Any], *, now: datetime) -> None:
    """The connection can't read details any more: its runs end as failed. What was applied stays."""
    for ref in _waiting(connection_id):
        end_run(ref, state=RunState.FAILED, failure=failure, now=now)

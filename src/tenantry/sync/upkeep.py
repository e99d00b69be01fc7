"""The queue jobs of each night: checking the audit's chains. In slices that hand on."""

import time
from collections.abc import Callable

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from tenantry.audit.checking import check_chain
from tenantry.audit.models import INSTALLATION
from tenantry.jobs import defer
from tenantry.marketplace.queries import every_marketplace_id

_SLICE_SECONDS = 20.0
_RETRY = RetryStrategy(max_attempts=5, wait=60, exponential_wait=5)


def _slice(context: JobContext) -> Callable[[], bool]:
    ends = time.monotonic() + _SLICE_SECONDS
    return lambda: time.monotonic() >= ends or context.should_abort()


@app.periodic(cron="20 2 * * *")
@app.task(queueing_lock="begin-audit-check")
def begin_audit_check(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's signature
    """Have the audit's chains checked: what is new each night, everything once a week."""
    defer("tenantry.sync.upkeep.check_audit", lock="check-audit", first=INSTALLATION, going_on=0)


@app.task(pass_context=True, retry=_RETRY)
def check_audit(context: JobContext, first: int, going_on: int) -> None:
    """Check the chains of ``first`` and all marketplaces after it; ``going_on``: that of ``first`` was begun."""
    stopped_in = check_chains(first, going_on=bool(going_on), should_stop=_slice(context))
    if stopped_in is not None:
        defer("tenantry.sync.upkeep.check_audit", lock="check-audit", first=stopped_in, going_on=1)


def check_chains(first: int, *, going_on: bool, should_stop: Callable[[], bool]) -> int | None:
    """Check chains one after the other; return in which it was stopped, or ``None`` when all are checked."""
    for marketplace_id in sorted([INSTALLATION, *every_marketplace_id()]):
        if marketplace_id < first:
            continue
        anew = False if going_on and marketplace_id == first else None
        verdict = check_chain(marketplace_id=marketplace_id, now=timezone.now(), should_stop=should_stop, anew=anew)
        if not verdict.ended and not verdict.faults:
            return marketplace_id
    return None


upkeep_jobs = (begin_audit_check, check_audit)

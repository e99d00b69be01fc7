"""The marketplace's queue jobs. Each is a slice of work that can end anywhere and goes on in the next."""

import time
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from tenantry.isolation.scope import marketplace_scope
from tenantry.mail import MailNotSent
from tenantry.marketplace.imports.applying import apply_import_lines
from tenantry.marketplace.imports.reading import read_import
from tenantry.marketplace.imports.services import enqueue_import
from tenantry.marketplace.models import Import, ImportState
from tenantry.marketplace.staff_letters import send_staff_letter_now

_log = structlog.stdlib.get_logger(__name__)

_SLICE_SECONDS = 20.0
_MOST_ATTEMPTS = 5
_RETRY = RetryStrategy(max_attempts=_MOST_ATTEMPTS, wait=1, exponential_wait=3)
_WORK = {ImportState.READING: read_import, ImportState.APPLYING: apply_import_lines}

# Some two hours: later an operator has seen that nobody came, and sends the link again.
_LETTER_RETRY = RetryStrategy(max_attempts=7, wait=5, exponential_wait=4, retry_exceptions=[MailNotSent])


@app.task(pass_context=True, retry=_LETTER_RETRY)
def send_staff_letter(context: JobContext, account_id: int, marketplace_id: int, sender_id: int) -> None:
    """Send new staff the link that sets a first password."""
    send_staff_letter_now(
        account_id=account_id, marketplace_id=marketplace_id, sender_id=sender_id, now=timezone.now(),
        job_id=context.job.id if context.job else None,
    )  # fmt: skip


@app.task(pass_context=True, retry=_RETRY)
def go_on_with_import(context: JobContext, import_id: int, marketplace_id: int) -> None:
    """Read the file of an import, or apply its lines, whichever is its turn."""
    with marketplace_scope(marketplace_id):
        state = Import.objects.values_list("state", flat=True).get(pk=import_id)
    work = _WORK.get(ImportState(state))
    if work is None:
        return
    reading = state == ImportState.READING  # starts over when it is interrupted, so it has no slices
    stop = context.should_abort if reading else _slice(context)
    try:
        ended = work(import_id, marketplace_id=marketplace_id, clock=timezone.now, should_stop=stop)
    except (OperationalError, InterfaceError):  # the database went away: it comes back, and so does this job
        raise
    except Exception as error:
        _failed(context, import_id, marketplace_id, error)
        raise
    if not ended:
        with marketplace_scope(marketplace_id):
            enqueue_import(Import.objects.defer("content").get(pk=import_id))


def _slice(context: JobContext) -> Callable[[], bool]:
    ends = time.monotonic() + _SLICE_SECONDS
    return lambda: time.monotonic() >= ends or context.should_abort()


def _failed(context: JobContext, import_id: int, marketplace_id: int, error: Exception) -> None:
    """After the last try, end the import with an error of ours; what was applied stays."""
    attempt = (context.job.attempts if context.job else 0) + 1
    _log.exception("import_failed", import_id=import_id, attempt=attempt)
    if attempt < _MOST_ATTEMPTS:
        return
    problem = (
        f"An error in Tenantry itself stopped this import ({type(error).__name__}). What was applied stays. "
        "Report it with the number of the import; the log has the details."
    )
    with marketplace_scope(marketplace_id):
        Import.objects.filter(pk=import_id, ended_at=None).update(
            state=ImportState.FAILED, problem=problem, ended_at=timezone.now()
        )

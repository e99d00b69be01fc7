"""What a connection was given and can lose, looked at and noted: each step told once, and what is well again.

Deciding is ``core.consent``'s; ``consent_words`` says it. Whoever tells people listens to :data:`consent_judged`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.consent_words import in_words
from tenantry.connections.models import ApplicationKind, Connection, ConsentWarning, SignIn
from tenantry.connections.probing import last_test
from tenantry.core.consent import SIGN_IN_LASTS, Concern, Matter, Told, judge_concerns, step_at

# Sent inside the transaction with ``connection``, ``told`` [(concern, step)], ``mended`` [warning rows] and ``now``.
consent_judged = Signal()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How many warnings were told now, and how many are well again."""

    told: int
    mended: int


def concerns_of(connection: Connection) -> list[Concern]:
    """Return what of the connection itself ends some day or is missing: credential, sign-in, permissions."""
    found = []
    if connection.sealed_secret is not None and connection.secret_expires_at is not None:
        certificate = connection.credential_kind == "certificate"
        matter = Matter.CERTIFICATE if certificate else Matter.SECRET
        found.append(Concern(matter, connection.secret_expires_at))
    issued_at = connection.refresh_token_at or connection.signed_in_at
    if _signs_in(connection) and connection.sealed_refresh_token is not None and issued_at is not None:
        found.append(Concern(Matter.SIGN_IN, issued_at + SIGN_IN_LASTS))
    tested = last_test(connection)
    lost = [result for result in tested.results if result.ok is False] if tested else []
    found += [Concern(Matter.PERMISSION, None, result.name.value, result.permission) for result in lost]
    return found


def near_concerns(connection: Connection, *, now: datetime) -> list[Concern]:
    """Return those of :func:`concerns_of` that somebody should know of now. No query."""
    return [concern for concern in concerns_of(connection) if step_at(concern.ends_at, now=now) is not None]


def review_consent(
    connection_id: int, *, more: Iterable[Concern] = (), actor: Actor, now: datetime
) -> Reviewed:  # fmt: skip
    """Note what is to be told and what is well again, with an event for each. ``more``: of the connection's tenants.

    Doing it again tells nothing again.
    """
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        known = {(warning.matter, warning.subject): warning for warning in row.warnings.all()}
        told = {key: Told(warning.ends_at, warning.step) for key, warning in known.items()}
        concerns = [*concerns_of(row), *_not_known(row, known.values()), *more] if row.enabled else []
        verdict = judge_concerns(concerns, told, now=now)
        for concern, step in verdict.tell:
            _note(row, concern, step, known.get(concern.key), now)
            _record(row, "warned", concern, actor, now)
        mended = [known[key] for key in verdict.mended]
        for warning in mended:
            warning.delete()
            _record(row, "mended", concern_of(warning), actor, now)
        consent_judged.send(row, connection=row, told=verdict.tell, mended=mended, now=now)
        return Reviewed(len(verdict.tell), len(mended))


def concern_of(warning: ConsentWarning) -> Concern:
    """Return what a stored warning is about."""
    return Concern(Matter(warning.matter), warning.ends_at, warning.subject, warning.name)


def _not_known(row: Connection, known: Iterable[ConsentWarning]) -> list[Concern]:
    """Return missing permissions of which the last test could not tell: a network that is down mends nothing."""
    tested = last_test(row)
    unknown = {result.name.value for result in tested.results if result.ok is None} if tested else set()
    return [concern_of(each) for each in known if each.matter == Matter.PERMISSION and each.subject in unknown]


def _signs_in(connection: Connection) -> bool:
    return connection.sign_in == SignIn.APP_AND_USER or connection.application_kind == ApplicationKind.NATIVE


def _note(row: Connection, concern: Concern, step: int, known: ConsentWarning | None, now: datetime) -> None:
    warning = known or ConsentWarning(connection=row, matter=concern.matter, subject=concern.subject, since=now)
    warning.name, warning.ends_at, warning.step, warning.told_at = concern.name, concern.ends_at, step, now
    warning.save()


def _record(row: Connection, verb: str, concern: Concern, actor: Actor, now: datetime) -> None:
    after = {
        "matter": concern.matter.value, "subject": concern.subject,
        "ends_at": concern.ends_at.isoformat() if concern.ends_at else "",
    }  # fmt: skip
    target = Target("connection", str(row.pk), row.name)
    reason = in_words(concern, now=now).title if verb == "warned" else ""
    record_event(Happening(f"connections.consent.{verb}", target, after=after, reason=reason), actor=actor, now=now)

"""Identities at providers of single sign-on: bound to accounts by issuer, tenant and subject.

The e-mail that a provider states is never looked at: whoever administers a directory can write any.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from django.db import IntegrityError, transaction

from tenantry.accounts.models import Account, Identity
from tenantry.accounts.telling import account_subject
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event

_LONGEST_SHOWN = 254


class UnableToBind(Exception):
    """The identity can't be bound or given up. The message is a sentence for the person who tried."""


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Who somebody is at a provider, as a token says whose signature, audience and issuer were checked."""

    provider: str
    issuer: str
    tenant: str
    subject: str
    shown_as: str = ""
    name: str = ""

    def kept(self) -> dict[str, str]:
        """Return it as a session keeps it."""
        return asdict(self)

    @classmethod
    def from_kept(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`kept` wrote."""
        return cls(**{field: str(values.get(field, "")) for field in cls.__dataclass_fields__})


def account_of(proven: ProvenIdentity) -> Account | None:
    """Return the account that the identity is bound to."""
    bound = Identity.objects.select_related("account").filter(**_key(proven)).first()
    return bound.account if bound else None


def note_use(proven: ProvenIdentity, *, now: datetime) -> None:
    """Remember that somebody signed in with the identity."""
    Identity.objects.filter(**_key(proven)).update(last_used_at=now)


def attach(account: Account, proven: ProvenIdentity, *, now: datetime) -> Identity:
    """Bind the identity, in the caller's transaction; the caller records it. Raises :class:`UnableToBind`."""
    values = {"provider": proven.provider, "shown_as": proven.shown_as[:_LONGEST_SHOWN], "created_at": now}
    try:
        with transaction.atomic():
            bound, _ = Identity.objects.get_or_create(**_key(proven), defaults={"account": account, **values})
    except IntegrityError as error:
        raise UnableToBind("This identity was bound to another account a moment ago.") from error
    if bound.account_id != account.pk:
        raise UnableToBind("This identity signs in to another account already. Disconnect it there first.")
    return bound


@transaction.atomic
def bind_identity(
    *, account_id: int, proven: ProvenIdentity, actor: Actor, now: datetime, request_id: str = ""
) -> Identity:
    """Let an account sign in with the identity; for somebody who is signed in. Raises :class:`UnableToBind`."""
    account = Account.objects.select_for_update().get(pk=account_id)
    if Identity.objects.filter(**_key(proven), account=account).exists():
        return Identity.objects.get(**_key(proven))
    bound = attach(account, proven, now=now)
    _record("bound", bound, actor, now=now, request_id=request_id)
    return bound


@transaction.atomic
def release_identity(*, account_id: int, identity_id: int, actor: Actor, now: datetime, request_id: str = "") -> None:
    """Take an identity off an account. Raises :class:`UnableToBind` for the last way to sign in.

    Raises ``Identity.DoesNotExist`` for one that is not the account's.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    bound = Identity.objects.get(pk=identity_id, account=account)
    if not account.has_usable_password() and account.identities.count() == 1:
        raise UnableToBind("This is the only way to sign in to your account. Set a password first.")
    _record("released", bound, actor, now=now, request_id=request_id)
    bound.delete()


def _key(proven: ProvenIdentity) -> dict[str, str]:
    return {"issuer": proven.issuer, "tenant": proven.tenant, "subject": proven.subject}


def _record(verb: str, bound: Identity, actor: Actor, *, now: datetime, request_id: str) -> None:
    happening = Happening(
        f"accounts.identity.{verb}", Target("account", str(bound.account_id)),
        after={"provider": bound.provider, "issuer": bound.issuer, "tenant": bound.tenant},
        personal={"subject": bound.subject, "shown_as": bound.shown_as}, person=account_subject(bound.account_id),
    )  # fmt: skip
    record_event(happening, actor=actor, now=now, request_id=request_id)

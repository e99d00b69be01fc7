"""Writes about marketplaces and their staff."""

from datetime import datetime

from django.db import connection, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.permissions import Role
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.mail import LANGUAGES
from tenantry.marketplace.models import Marketplace, StaffRole


class UnableToCreateMarketplace(Exception):
    """The marketplace can't be made. The message is a sentence for the operator."""


@transaction.atomic
def create_marketplace(*, name: str, language: str = "en", actor: Actor, now: datetime) -> Marketplace:
    """Create a marketplace. Raises :class:`UnableToCreateMarketplace` for an empty name or an unknown language."""
    name = _checked(name, language)
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('marketplace_marketplace', 'id'))")
        new_id = int(cursor.fetchone()[0])
    with marketplace_scope(new_id):  # the policies let a marketplace be written only in its own name
        marketplace = Marketplace.objects.create(pk=new_id, name=name, language=language, created_at=now)
        happening = Happening("marketplace.marketplace.created", Target("marketplace", str(new_id), name))
        record_event(happening, actor=actor, marketplace_id=new_id, now=now)
    return marketplace


def edit_marketplace(*, name: str, language: str, actor: Actor, now: datetime) -> Marketplace:
    """Change the name and language of the scope's marketplace. The same again changes nothing.

    Raises :class:`UnableToCreateMarketplace` for an empty name or a language that there are no e-mails in.
    """
    name = _checked(name, language)
    row = Marketplace.objects.select_for_update().get()
    before = {"name": row.name, "language": row.language}
    after = {"name": name, "language": language}
    if before != after:
        row.name, row.language = name, language
        row.save(update_fields=["name", "language"])
        happening = Happening(
            "marketplace.marketplace.changed", Target("marketplace", str(row.pk), name), before=before, after=after
        )
        record_event(happening, actor=actor, marketplace_id=row.pk, now=now)
    return row


def _checked(name: str, language: str) -> str:
    """Return the name as it is stored. Raises :class:`UnableToCreateMarketplace`."""
    name = name.strip()[:120]
    if not name:
        raise UnableToCreateMarketplace("A marketplace needs a name.")
    if language not in LANGUAGES:
        raise UnableToCreateMarketplace(
            f"{language[:20]!r} is no language of e-mails. There are: {', '.join(LANGUAGES)}."
        )
    return name


def give_role(*, account_id: int, account_name: str, role: Role, actor: Actor, now: datetime) -> None:
    """Give an account a role in the marketplace of the scope, or change the one it has."""
    marketplace_id = current_marketplace_id()
    StaffRole.objects.update_or_create(
        marketplace_id=marketplace_id,
        account_id=account_id,
        defaults={"role": role.value},
        create_defaults={"role": role.value, "created_at": now},
    )
    happening = Happening(
        "marketplace.staff.role_given", Target("account", str(account_id), account_name), after={"role": role.value}
    )
    record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)

"""Sharing groups: marketplaces that are offered each other's decisions. Operators make them, outside any scope.

A marketplace is in one group at most. No marketplace sees a group; what is offered, ``sync.sharing`` says.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace, SharingGroup

_LONGEST_NAME = 120


class SharingRefused(Exception):
    """The group can't be saved. The message is a sentence for the operator."""


def create_sharing_group(*, name: str, actor: Actor, now: datetime) -> SharingGroup:
    """Create an empty group. Raises :class:`SharingRefused` for a name that is empty, too long or taken."""
    with _naming(name) as clean, transaction.atomic():
        group = SharingGroup.objects.create(name=clean, created_at=now)
        _record(group, "created", {"name": clean}, actor, now)
        return group


def rename_sharing_group(*, group_id: int, name: str, actor: Actor, now: datetime) -> SharingGroup:
    """Give the group another name. Raises :class:`SharingRefused`, ``SharingGroup.DoesNotExist``."""
    with _naming(name) as clean, transaction.atomic():
        group = SharingGroup.objects.select_for_update().get(pk=group_id)
        if group.name != clean:
            group.name = clean
            group.save(update_fields=["name"])
            _record(group, "renamed", {"name": clean}, actor, now)
        return group


def set_sharing(*, group_id: int, members: Collection[int], known: Collection[int], actor: Actor, now: datetime) -> int:
    """Let exactly ``members`` of the marketplaces ``known`` be in the group; return how many changed.

    Each marketplace that changes is a transaction and an event of its own. Who joins leaves the group it was in.
    """
    group = SharingGroup.objects.get(pk=group_id)
    changed = 0
    for marketplace_id in sorted(known):
        with marketplace_scope(marketplace_id):
            row = Marketplace.objects.select_for_update().get()
            wanted = group_id if marketplace_id in members else None
            if row.sharing_group_id == wanted or (wanted is None and row.sharing_group_id != group_id):
                continue
            before, row.sharing_group_id = row.sharing_group_id, wanted
            row.save(update_fields=["sharing_group"])
            verb = "joined" if wanted else "left"
            happening = Happening(
                f"marketplace.sharing_group.{verb}", Target("sharing_group", str(group.pk), group.name),
                before={"sharing_group": before}, after={"sharing_group": wanted},
            )  # fmt: skip
            record_event(happening, actor=actor, marketplace_id=marketplace_id, now=now)
            changed += 1
    return changed


def remove_sharing_group(*, group_id: int, known: Collection[int], actor: Actor, now: datetime) -> None:
    """Remove the group; its marketplaces decide apart from then on. Raises ``SharingGroup.DoesNotExist``."""
    set_sharing(group_id=group_id, members=(), known=known, actor=actor, now=now)
    with transaction.atomic():
        group = SharingGroup.objects.select_for_update().get(pk=group_id)
        _record(group, "removed", None, actor, now)
        with connection.cursor() as cursor:  # Django would look for members, across marketplaces
            cursor.execute("delete from marketplace_sharinggroup where id = %s", [group.pk])


class _naming:  # noqa: N801  # reads as a word where it is used
    """Checks a name on the way in, and explains a taken one on the way out."""

    def __init__(self, name: str) -> None:
        self._name = name.strip()

    def __enter__(self) -> str:
        if not self._name or len(self._name) > _LONGEST_NAME:
            raise SharingRefused(f"A sharing group needs a name of at most {_LONGEST_NAME} letters.")
        return self._name

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise SharingRefused(f"There is a sharing group named {self._name!r} already.") from error


def _record(group: SharingGroup, verb: str, after: dict[str, str] | None, actor: Actor, now: datetime) -> None:
    happening = Happening(
        f"marketplace.sharing_group.{verb}", Target("sharing_group", str(group.pk), group.name), after=after
    )
    record_event(happening, actor=actor, now=now)

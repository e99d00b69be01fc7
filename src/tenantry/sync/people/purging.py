"""Removes what is no longer needed of people of directories: in batches, safe to stop and to repeat.

People of tenants that nobody is linked to are not kept. Of those who are out of every scope for a month, no more stays
than an id and what the rules look at, so that an unchanged person costs nothing and stays removed.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef

from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sync.models import DirectoryUser, PeopleReading, PersonStanding, TenantLink, UserLink

KEPT_FOR = timedelta(days=30)
_READINGS_KEPT_FOR = timedelta(days=2)
_AT_ONCE = 2_000
_GONE = ("left", "deleted")
_log = structlog.stdlib.get_logger(__name__)

EMPTIED = (
    "user_name", "email", "aliases", "display_name", "first_name", "last_name", "suspension", "language", "country",
    "phone", "job_title", "department", "guest_email", "created_at", "signed_in", "last_sign_in", "admin",
)  # fmt: skip
"""What identifies a person, or tells more than the rules of the scope ask."""

# Who is here for some time and whom no marketplace needs: out of every scope, or linked to nobody but erased people.
_UNNEEDED = """
select p.id from sync_directoryuser p
where p.id > %(after)s and p.emptied_at is null and p.left_at is null and p.first_seen_at < %(before)s
order by p.id limit %(limit)s
"""
_NOT_LINKED = """
select id from sync_directoryuser p where p.id > %(after)s
and (left_at < %(before)s or not exists (select from tenants_linked_anywhere(array[p.tenant_id])))
order by p.id limit %(limit)s
"""
_OLD_READINGS = """
select o.id from sync_observation o
where o.kind = 'people' and o.ended_at < %(before)s and exists (
    select from sync_observation n where n.tenant_id = o.tenant_id and n.connection_id = o.connection_id
    and n.kind = 'people' and n.state = 'done' and n.id > o.id
) limit %(limit)s
"""


def purge_people(*, now: datetime, should_stop: Callable[[], bool]) -> bool:
    """Remove what nobody needs any more; return False when stopped before the end. Outside any scope."""
    for marketplace_id in every_marketplace_id():
        while not should_stop() and _forget_some(marketplace_id, before=now - KEPT_FOR):
            pass
    steps = (_remove_former, _empty_unneeded, _remove_readings)
    return not any(should_stop() or not step(now, should_stop) for step in steps)


def _forget_some(marketplace_id: int, *, before: datetime) -> int:
    """Drop what a marketplace has of people who left long ago, or whose tenant is not linked here any more."""
    with marketplace_scope(marketplace_id):
        linked = TenantLink.objects.filter(tenant_id=OuterRef("tenant_id"), ended_at=None)
        living = UserLink.objects.filter(person_id=OuterRef("person_id"), ended_at=None)
        gone = PersonStanding.objects.filter(reason__in=_GONE, since__lt=before).exclude(Exists(living))
        strays = PersonStanding.objects.exclude(Exists(linked))
        people = {*gone.values_list("person_id", flat=True)[:_AT_ONCE]}
        people |= {*strays.values_list("person_id", flat=True)[:_AT_ONCE]}
        people |= {
            *UserLink.objects.exclude(Exists(linked)).values_list("person_id", flat=True)[:_AT_ONCE]
        }  # fmt: skip
        UserLink.objects.filter(person_id__in=people).delete()
        PersonStanding.objects.filter(person_id__in=people).delete()
        return len(people)


def _remove_former(now: datetime, should_stop: Callable[[], bool]) -> bool:
    """Remove people who left long ago, or whose tenant nobody is linked to, and of whom no marketplace has anything."""
    after = 0
    while not should_stop():
        ids = _ids(_NOT_LINKED, after, now - KEPT_FOR)
        if not ids:
            return True
        after = ids[-1]
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(
                "delete from sync_directoryuser p where p.id = any(%s) "
                "and p.id not in (select * from people_referenced(%s)) returning p.tenant_id",
                [ids, ids],
            )
            if cursor.rowcount:
                _log.info("people_removed", people=cursor.rowcount)
                _list_anew({row[0] for row in cursor.fetchall()})
    return False


def _empty_unneeded(now: datetime, should_stop: Callable[[], bool]) -> bool:
    after = 0
    while not should_stop():
        ids = _ids(_UNNEEDED, after, now - KEPT_FOR)
        if not ids:
            return True
        after = ids[-1]
        with database.cursor() as cursor:
            cursor.execute("select * from people_needed(%s, %s)", [ids, now - KEPT_FOR])
            needed = {row[0] for row in cursor.fetchall()}
        empty_people([pk for pk in ids if pk not in needed], now=now)
    return False


def empty_people(ids: list[int], *, now: datetime) -> int:
    """Take away what identifies these people; the ids and what the rules look at stay."""
    if not ids:
        return 0
    fresh = DirectoryUser.objects.filter(pk__in=ids, emptied_at=None)
    return fresh.update(emptied_at=now, **dict.fromkeys(EMPTIED))


def _remove_readings(now: datetime, should_stop: Callable[[], bool]) -> bool:
    """Remove readings of people that newer ones replaced."""
    while not should_stop():
        ids = _ids(_OLD_READINGS, 0, now - _READINGS_KEPT_FOR)
        if not ids:
            return True
        with transaction.atomic(), database.cursor() as cursor:
            for table in ("finding", "observationpage"):
                cursor.execute(f"delete from sync_{table} where observation_id = any(%s)", [ids])  # noqa: S608  # ours
            cursor.execute("delete from sync_observation where id = any(%s)", [ids])
    return False


def _ids(statement: str, after: int, before: datetime) -> list[int]:
    with database.cursor() as cursor:
        cursor.execute(statement, {"after": after, "before": before, "limit": _AT_ONCE})
        return [row[0] for row in cursor.fetchall()]


def fill_again(tenant_ids: list[int], *, changed_at: datetime | None) -> None:
    """Have people read anew who were removed before the rules of the scope changed: they may be in now."""
    if changed_at is not None:
        emptied = DirectoryUser.objects.filter(tenant_id__in=tenant_ids, emptied_at__lt=changed_at)
        anew = emptied.exclude(listing_hash=None)
        _list_anew(set(anew.values_list("tenant_id", flat=True)))
        anew.update(listing_hash=None)


def _list_anew(tenant_ids: Collection[int]) -> None:
    """Have everybody of these tenants listed the next time: changes would not tell of whom we no longer know."""
    PeopleReading.objects.filter(tenant_id__in=tenant_ids).exclude(changes="").update(changes="")


def only_here(person_ids: list[int]) -> list[int]:
    """Return those of these people whose tenants no other marketplace is linked to. In the scope."""
    with database.cursor() as cursor:
        cursor.execute(
            "select p.id from sync_directoryuser p where p.id = any(%s) and not exists ("
            "select from tenant_marketplaces(p.tenant_id) m where m <> %s)",
            [person_ids, current_marketplace_id()],
        )
        return [row[0] for row in cursor.fetchall()]

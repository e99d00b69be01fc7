"""The words by which people are found (``core.search``). In a marketplace's scope."""

from collections.abc import Collection

from django.db import connection

from tenantry.core.addresses import mail_domain, readable_domain
from tenantry.core.search import search_keys
from tenantry.isolation.bulk import insert_rows
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.models import User, UserKey


def write_user_keys(user_ids: Collection[int]) -> None:
    """Write the keys of these people anew, from what their rows say now. Four statements, however many."""
    if not user_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute("delete from marketplace_userkey where user_id = any(%s)", [list(user_ids)])
    marketplace_id = current_marketplace_id()
    rows = [(marketplace_id, user.pk, key) for user in User.objects.filter(pk__in=user_ids) for key in _keys(user)]
    insert_rows(UserKey, ["marketplace_id", "user_id", "key"], rows)


def _keys(user: User) -> list[str]:
    domain = mail_domain(user.email)
    return search_keys(
        texts=[user.first_name, user.last_name, user.email.partition("@")[0]],
        domains=sorted({domain, readable_domain(domain)} - {""}),
        ids=[],
    )

"""The words by which people are found (``core.search``). In a marketplace's scope."""

from collections.abc import Collection

from django.db import connection

from tenantry.core.addresses import mail_domain, readable_domain
from tenantry.core.search import search_keys
from tenantry.isolation.bulk import insert_keys

_PEOPLE = "select id, first_name, last_name, email from marketplace_user where id = any(%s)"


def write_user_keys(user_ids: Collection[int], *, fresh: bool = False) -> None:
    """Write the keys of these people anew, from what their rows say now. Three statements, however many.

    ``fresh``: they were made in this transaction, and have none yet.
    """
    if not user_ids:
        return
    ids = list(user_ids)
    with connection.cursor() as cursor:
        if not fresh:
            cursor.execute("delete from marketplace_userkey where user_id = any(%s)", [ids])
        cursor.execute(_PEOPLE, [ids])
        rows = [(pk, key) for pk, *texts in cursor.fetchall() for key in _keys(*texts)]
    insert_keys("marketplace_userkey", "user_id", rows, fresh=fresh)


def _keys(first_name: str, last_name: str, email: str) -> list[str]:
    domain = mail_domain(email)
    return search_keys(
        texts=[first_name, last_name, email.partition("@")[0]],
        domains=sorted({domain, readable_domain(domain)} - {""}),
        ids=[],
    )

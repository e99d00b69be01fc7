"""What ``tenantry doctor`` looks at between this machine and the database's server: its connections, and a pooler."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tenantry.cli.surroundings import Examined
from tenantry.runtime.home import Home

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

LEAST_LEFT: Final = 15
"""So many more connections must the server take: a web process and a worker, at their busiest."""
_TRIES = 5

# Slots that the server keeps for its administrators are not ours. What all databases use counts, whoever uses it.
_LEFT = """
select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int,
    (select sum(numbackends) from pg_stat_database)
"""


def sessions(_home: Home, *, least: int = LEAST_LEFT) -> Iterator[Examined]:
    """Look whether a connection keeps its session, and whether ``least`` more fit onto the server."""
    from django.db import connection

    name = "connections to the database"
    if session_is_shared(connection):
        sentence = "A pooler hands each transaction to another session of the database: locks of the sync don't hold."
        mend = "Let the pooler keep sessions (PgBouncer: pool_mode = session), or leave it out."
        yield Examined(name, ok=False, sentence=f"{sentence} Jobs would run twice.", next_step=mend)
    with connection.cursor() as cursor:
        cursor.execute(_LEFT)
        most, used = cursor.fetchone()
    sentence = f"{used} of {most} are in use."
    if most - used >= least:
        yield Examined(name, ok=True, sentence=sentence)
        return
    mend = "Raise max_connections on the server, or run fewer processes (docs/howto/many-machines.md: what each takes)."
    yield Examined(name, ok=False, sentence=f"{sentence} Too few are left for another process.", next_step=mend)


def session_is_shared(ours: "BaseDatabaseWrapper") -> bool:
    """Whether what stands before the database moves ``ours`` from session to session while another works.

    The other one is in a transaction, so that a pooler of transactions has to give it a session, which ours had.
    """
    other = ours.copy()
    try:
        for _ in range(_TRIES):
            before = _session(ours)
            other.set_autocommit(False)
            theirs, after = _session(other), _session(ours)
            other.rollback()
            other.set_autocommit(True)
            if theirs == before or after != before:
                return True
    finally:
        other.close()
    return False


def _session(database: "BaseDatabaseWrapper") -> int:
    with database.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return int(cursor.fetchone()[0])

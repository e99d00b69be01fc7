"""``tenantry doctor``: looks for what is likeliest wrong with an installation, and says what to do."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sessions import sessions
from tenantry.cli.surroundings import Examined, addresses, clocks, disk, key_files, mail_server
from tenantry.cli.terminal import err, print_json
from tenantry.core.consent import Concern
from tenantry.runtime.home import Home

_VERIFIED_EVERY = timedelta(days=2)  # a job does so each night


def doctor(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Examine the installation: keys, addresses, mail, disk, clock, database, worker, connections, audit."""
    with installation(home) as folder:
        found = [result for look in _LOOKS for result in look(folder)]
    if as_json:
        print_json([asdict(result) for result in found])
    else:
        for result in found:
            _tell(result)
    raise typer.Exit(Exit.ERROR if any(result.ok is False for result in found) else Exit.DONE)


def _tell(result: Examined) -> None:
    word, style = {True: ("fine", "green"), False: ("wrong", "red"), None: ("note", "yellow")}[result.ok]
    err.print(f"{word:>6}", style=style, end="  ")
    err.print(f"{result.name}: {result.sentence}", markup=False)
    if result.next_step:
        err.print(f"        {result.next_step}", markup=False)


def _keys(home: Home) -> Iterator[Examined]:
    from django.conf import settings

    from tenantry.sealing import KeyRingMissing, load_key_ring

    folder = settings.KEYS_FOLDER
    try:
        load_key_ring(folder)
    except KeyRingMissing as problem:
        yield Examined("sealing keys", ok=False, sentence=str(problem), next_step="Restore the keys folder.")
        return
    readable = list(key_files(folder))
    if readable:
        yield from readable
        return
    inside = home.data in folder.parents
    sentence = (
        "They lie inside the data folder." if inside else f"They are readable, in {folder}, for their owner only."
    )
    yield Examined("sealing keys", ok=not inside, sentence=sentence)


def _sealed(_home: Home) -> Iterator[Examined]:
    from tenantry.cli.sealed import places_that_do_not_open
    from tenantry.sealing import KeyRingMissing

    try:
        closed = places_that_do_not_open()
    except KeyRingMissing:  # said already
        return
    if closed:
        sentence = f"{closed} sealed values don't open with these keys."
        yield Examined(
            "sealed values",
            ok=False,
            sentence=sentence,
            next_step="Restore the keys folder that belongs to the database.",
        )


def _tables(_home: Home) -> Iterator[Examined]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    name = "database"
    if waiting:
        sentence = f"{len(waiting)} migrations were not applied."
        yield Examined(
            name, ok=False, sentence=sentence, next_step="Restart `tenantry serve`, or run `tenantry migrate`."
        )
    else:
        user = connection.settings_dict["USER"]
        yield Examined(name, ok=True, sentence=f"It answers, is up to date, and binds {user} to its policies.")


def _worker(_home: Home) -> Iterator[Examined]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) filter (where last_heartbeat > now() - interval '30 s'), "
            "(select extract(epoch from now() - min(at))::int from procrastinate_events e "
            " join procrastinate_jobs j on j.id = e.job_id where j.status = 'todo' and e.type = 'deferred') "
            "from procrastinate_workers"
        )
        alive, oldest = cursor.fetchone()
    if alive:
        yield Examined("worker", ok=True, sentence=f"{alive} at work.")
    elif oldest:
        sentence = f"None is at work; the oldest job has waited {oldest} s."
        yield Examined("worker", ok=False, sentence=sentence, next_step="Start `tenantry serve` or `tenantry worker`.")
    else:
        yield Examined("worker", ok=None, sentence="None is at work, and no job waits.")


def _connections(_home: Home) -> Iterator[Examined]:
    from django.utils import timezone

    from tenantry.connections.health import near_concerns
    from tenantry.connections.models import Connection
    from tenantry.connections.probing import probe_connection
    from tenantry.providers.errors import ProviderError

    rows = list(Connection.objects.filter(enabled=True))
    if not rows:
        yield Examined(
            "connections", ok=None, sentence="There is none yet.", next_step="Run `tenantry connect microsoft`."
        )
    for row in rows:
        try:
            faults = probe_connection(row, now=timezone.now()).faults
        except ProviderError as error:
            yield Examined(row.name, ok=False, sentence=error.message, next_step=error.next_step)
            continue
        if faults:
            yield Examined(row.name, ok=False, sentence=faults[0].sentence, next_step=faults[0].next_step)
        else:
            yield Examined(row.name, ok=True, sentence="Sign-in and the reads that Company Sync needs work.")
        yield from _consent(row.name, near_concerns(row, now=timezone.now()))


def _consent(name: str, concerns: list[Concern]) -> Iterator[Examined]:
    """What of a connection ends. What is missing, its test has said already."""
    from django.utils import timezone

    from tenantry.connections.consent_words import in_words

    for concern in concerns:
        if concern.ends_at is not None:
            words = in_words(concern, now=timezone.now())
            yield Examined(name, ok=False if words.bad else None, sentence=f"{words.title}.", next_step=words.fix)


def _chain(_home: Home) -> Iterator[Examined]:
    from django.utils import timezone

    from tenantry.audit.checking import chain_standings

    verify = "Run `tenantry audit verify`."
    standings = chain_standings()
    broken = [standing for standing in standings if standing.fault]
    for standing in broken:
        yield Examined(
            "audit", ok=False, sentence=f"{_whose(standing.marketplace_id)}: {standing.fault}", next_step=verify
        )
    oldest = min((standing.held_at for standing in standings if standing.held_at), default=None)
    if oldest is None:
        yield Examined("audit", ok=None, sentence="The chain over its events was never verified.", next_step=verify)
    elif not broken:
        late = oldest < timezone.now() - _VERIFIED_EVERY
        links = sum(standing.links for standing in standings)
        sentence = f"The chain over {links:,} events held when it was last verified, {oldest:%Y-%m-%d %H:%M} UTC."
        yield Examined("audit", ok=None if late else True, sentence=sentence, next_step=verify if late else "")


def _whose(marketplace_id: int) -> str:
    return f"Marketplace {marketplace_id}" if marketplace_id else "The installation itself"


_LOOKS = (
    _keys, _sealed, addresses, mail_server, disk, clocks, _tables, sessions, _worker, _connections, _chain,
)  # fmt: skip

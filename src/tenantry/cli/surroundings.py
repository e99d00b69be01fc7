"""What ``tenantry doctor`` looks at besides the database's content: key files, addresses, mail server, disk, clock."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tenantry.runtime.home import Home

LEAST_FREE: Final = 2**30
"""So many bytes must be free on the disk of the installation."""
MOST_APART: Final = timedelta(seconds=30)
"""So far apart may the clocks of this machine and of the database be."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What one look found. ``ok`` is ``None`` for a hint that is no fault."""

    name: str
    ok: bool | None
    sentence: str
    next_step: str = ""


def key_files(folder: Path) -> Iterator[Examined]:
    """Look whether anybody but the owner may read the keys' folder or a file in it."""
    for path in (folder, *sorted(folder.iterdir())):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            mode = "700" if path.is_dir() else "600"
            yield Examined(
                "sealing keys", ok=False, sentence=f"Others may read {path}.",
                next_step=f"Run: chmod {mode} {path}. If others work on this machine, rotate the keys as well.",
            )  # fmt: skip


def addresses(_home: Home) -> Iterator[Examined]:
    """Look whether the pages' address is known, answered, and served as it says."""
    from django.conf import settings
    from django.http.request import validate_host

    url, name = settings.MAIL.url, "addresses"
    if not url:
        sentence = "The address of these pages is not set: letters can't link to them."
        yield Examined(name, ok=None, sentence=sentence, next_step="The operator sets TENANTRY_URL.")
        return
    host = urlsplit(url).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        sentence = f"TENANTRY_URL leads to {host}, which is not among TENANTRY_HOSTS: every page there is refused."
        yield Examined(name, ok=False, sentence=sentence, next_step=f"Add {host} to TENANTRY_HOSTS, and restart.")
    if url.startswith("https://") and not settings.BEHIND_TLS:
        sentence = "TENANTRY_URL is https, and TENANTRY_BEHIND_TLS is not set: cookies travel over http as well."
        yield Examined(name, ok=False, sentence=sentence, next_step="Set TENANTRY_BEHIND_TLS=1.")


def mail_server(_home: Home) -> Iterator[Examined]:
    """Look whether the mail server answers and takes our name. Sends nothing."""
    from django.conf import settings

    from tenantry.mail.server import MailNotSent, check

    mail, waits = settings.MAIL, "Until then invitations and notices wait; none is lost."
    if mail.server is None:
        yield Examined("mail", ok=None, sentence=mail.lacks, next_step=waits)
        return
    try:
        check(mail.server)
    except MailNotSent as problem:
        mend = "The operator corrects TENANTRY_SMTP_HOST, _PORT, _TLS, _USER or _PASSWORD, or mends the server."
        yield Examined("mail", ok=False, sentence=str(problem), next_step=f"{mend} {waits}")
    else:
        yield Examined("mail", ok=True, sentence=f"{mail.server.place} answers and takes our letters.")


def disk(home: Home, *, least: int = LEAST_FREE) -> Iterator[Examined]:
    """Look whether the installation's disk has ``least`` bytes free."""
    free = shutil.disk_usage(home.path).free
    sentence = f"{free / 2**30:,.1f} GB are free on the disk of {home.path}."
    if free >= least:
        yield Examined("disk", ok=True, sentence=sentence)
        return
    mend = "Free some room or enlarge the disk. A full one stops every write; what was committed stays."
    yield Examined("disk", ok=False, sentence=sentence, next_step=mend)


def clocks(_home: Home, *, now: datetime | None = None) -> Iterator[Examined]:
    """Look whether this machine's clock and the database's tell the same time. ``now`` is this machine's."""
    from django.db import connection
    from django.utils import timezone

    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    apart = abs((now or timezone.now()) - theirs)
    if apart <= MOST_APART:
        yield Examined("clock", ok=True, sentence="This machine and the database tell the same time.")
        return
    sentence = f"The clocks of this machine and of the database are {apart.total_seconds():,.0f} s apart."
    mend = "Let both follow a time server (NTP). Sign-ins, schedules and expiries go by these clocks."
    yield Examined("clock", ok=False, sentence=sentence, next_step=mend)

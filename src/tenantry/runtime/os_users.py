"""Which user of the operating system runs what, and where that user can go.

PostgreSQL refuses to run as root and insists on a user that has a name. So an ordinary user runs it
as itself, and root runs it as another named user.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from tenantry.runtime.errors import PostgresRefused

# Tried in this order when root gives no name. ``nobody`` exists everywhere.
USERS_FOR_ROOT = ("tenantry", "nobody")


@dataclass(frozen=True, slots=True)
class OsUser:
    """A named user of this machine. Its supplementary groups are never used."""

    name: str
    uid: int
    gid: int


def current_os_user() -> OsUser:
    """Return the user this process acts as. Raises PostgresRefused when it has no name here."""
    return os_user_of(os.geteuid())


def os_user_of(uid: int) -> OsUser:
    """Return the user with this user id. Raises PostgresRefused when the id has no name here."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise PostgresRefused(
            f"User id {uid} has no name on this machine, and PostgreSQL refuses to work for it. "
            "Add an entry to /etc/passwd, run as a named user, or set DATABASE_URL to a server of your own."
        ) from None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def os_user_named(name: str) -> OsUser:
    """Return the user with this name. Raises PostgresRefused when there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise PostgresRefused(
            f"There is no user named {name!r} on this machine to run PostgreSQL as. Create it or name another."
        ) from None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def name_of(uid: int) -> str:
    """Return the user name for messages, or ``user id N`` when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"


def server_os_user(wanted: str | None, cluster: Path) -> OsUser:
    """Return the user that PostgreSQL runs as.

    An ordinary user gets itself. Root gets the owner of ``cluster`` when that exists, else the user
    named ``wanted``, else the first existing one of ``USERS_FOR_ROOT``. Raises PostgresRefused when
    the cluster belongs to somebody that this process cannot act as.
    """
    me = os.geteuid()
    owner = cluster.stat().st_uid if cluster.is_dir() else None
    if owner is not None and (owner == 0 or me not in (0, owner)):
        raise PostgresRefused(
            f"The database in {cluster} belongs to {name_of(owner)}, and this process runs as {name_of(me)}. "
            f"Run as the database's owner, or change the owner with `chown -R` (never to root)."
        )
    if me != 0:
        return current_os_user()
    if owner is not None:
        return os_user_of(owner)
    if wanted is not None:
        return os_user_named(wanted)
    known = {entry.pw_name for entry in pwd.getpwall()}
    return os_user_named(next((name for name in USERS_FOR_ROOT if name in known), "nobody"))


def may_enter(os_user: OsUser, folder: Path) -> bool:
    """Say whether ``os_user`` can walk to ``folder`` and into it. Parts that do not exist yet do not count.

    Judged by the permission bits alone: an access list that grants more only makes us more careful.
    """
    resolved = folder.resolve()
    return all(_grants(os_user, step, 0o1) for step in (resolved, *resolved.parents) if step.exists())


def may_read(os_user: OsUser, path: Path) -> bool:
    """Say whether ``os_user`` can read the file, its folders not considered."""
    return _grants(os_user, path, 0o4)


def _grants(os_user: OsUser, path: Path, bit: int) -> bool:
    if os_user.uid == 0:
        return True
    facts = path.stat()
    if facts.st_uid == os_user.uid:
        return bool(facts.st_mode >> 6 & bit)
    if facts.st_gid == os_user.gid:
        return bool(facts.st_mode >> 3 & bit)
    return bool(facts.st_mode & bit)

"""Reads the process environment into values. The URL parser is psycopg's own.

The settings read every variable through these. ``docs/reference/settings.md`` lists them, and the few that
commands read themselves.
A bad value raises :class:`BadEnvironment` with a sentence; nothing is guessed.
"""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

APPLICATION_ROLE = "tenantry_app"


class BadEnvironment(ImproperlyConfigured):
    """An environment variable holds something that cannot be used. The message says which and why."""


def text(name: str, default: str = "") -> str:
    """Return variable ``name``, or the content of the file that ``name + '_FILE'`` points at."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadEnvironment(f"{name}_FILE points at {path}, which can't be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes/no variable. Raises :class:`BadEnvironment` for anything but 1/0, yes/no, true/false, on/off."""
    value = text(name).strip().lower()
    if not value:
        return default
    if value in {"1", "yes", "true", "on"}:
        return True
    if value in {"0", "no", "false", "off"}:
        return False
    raise BadEnvironment(f"{name} is {value!r}; write 1 or 0.")


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least ``least``."""
    value = text(name).strip()
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        raise BadEnvironment(f"{name} is {value!r}; write a whole number from {least} up.")
    return int(value)


def words(name: str, default: str) -> list[str]:
    """Return a comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """Turn a PostgreSQL URL or connection string into Django's database settings.

    Raises :class:`BadEnvironment` when it is not one. The message never repeats the URL: it may hold a password.
    """
    try:
        parts = dict(conninfo_to_dict(url))
    except ProgrammingError:
        raise BadEnvironment("DATABASE_URL is not a PostgreSQL address like postgresql://user@host/name.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "tenantry"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "tenantry", **parts},
    }


def secret_key(keys_folder: Path | None) -> str:
    """Return the key that signs sessions: from the environment, or the installation's keys folder.

    Without either, a key for this process alone: enough for checks and tools, and sessions end with it.
    """
    from_environment = text("TENANTRY_SECRET_KEY")
    if from_environment:
        return from_environment
    if keys_folder is not None and (keys_folder / "signing.key").is_file():
        return (keys_folder / "signing.key").read_text(encoding="ascii").strip()
    return secrets.token_urlsafe(50)

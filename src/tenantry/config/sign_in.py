"""Reads the providers of single sign-on from the operator's file, and refuses what can't work.

``TENANTRY_SIGN_IN`` names a TOML file with one table for each provider; the table's name is part of the address that
is registered there (``/account/with/<name>/callback/``). ``docs/howto/sign-in.md`` shows it.
"""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tenantry.config.environment import BadEnvironment, text

_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_TENANT = re.compile(r"[\w.-]{1,100}")
_KNOWN = {"preset", "name", "issuer", "tenant", "client_id", "secret", "secret_file", "ca_file"}
_PRESET_NAMES = {"microsoft": "Microsoft", "google": "Google"}
_MICROSOFT = "https://login.microsoftonline.com"
_GOOGLE = "https://accounts.google.com"
_LONGEST_NAME = 40


def sign_in_providers() -> list[dict[str, Any]]:
    """Return the providers as django-allauth's settings have them. Raises :class:`BadEnvironment`."""
    path = text("TENANTRY_SIGN_IN").strip()
    if not path:
        return []
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadEnvironment(f"TENANTRY_SIGN_IN names {path}, which can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadEnvironment(f"{path} (TENANTRY_SIGN_IN) is not TOML: {error}.") from None
    providers = [_provider(name, table, path) for name, table in tables.items()]
    if len({provider["settings"]["ca_file"] for provider in providers} - {""}) > 1:
        raise BadEnvironment(
            f"{path} (TENANTRY_SIGN_IN): all providers share one ca_file; put the authorities together."
        )
    return providers


def _provider(name: str, table: Any, path: str) -> dict[str, Any]:
    where = f"[{name}] in {path}"
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise BadEnvironment(f"{where}: a provider is a table whose name has small letters, digits and hyphens.")
    strange = sorted(set(table) - _KNOWN)
    if strange or not all(isinstance(value, str) and value.strip() for value in table.values()):
        raise BadEnvironment(f"{where}: {strange[0]} is not known." if strange else f"{where}: every value is a text.")
    preset = table.get("preset", "")
    if preset not in {"", *_PRESET_NAMES}:
        raise BadEnvironment(f"{where}: preset is microsoft or google, or is left out.")
    if not table.get("client_id"):
        raise BadEnvironment(f"{where}: client_id is missing.")
    shown = table.get("name") or _PRESET_NAMES.get(preset, name)
    issuer = _issuer(table, preset, where)
    ca_file = table.get("ca_file", "")
    if ca_file and not Path(ca_file).is_file():
        raise BadEnvironment(f"{where}: ca_file names {ca_file}, which is no file.")
    return {
        "provider_id": name,
        "name": shown[:_LONGEST_NAME],
        "client_id": table["client_id"],
        "secret": _secret(table, where),
        "settings": {"server_url": issuer, "fetch_userinfo": False, "preset": preset, "ca_file": ca_file},
    }


def _issuer(table: dict[str, str], preset: str, where: str) -> str:
    tenant = table.get("tenant", "")
    if tenant and (preset != "microsoft" or not _TENANT.fullmatch(tenant)):
        raise BadEnvironment(f"{where}: tenant is for the preset microsoft: an id, a domain, or organizations.")
    presets = {"google": _GOOGLE, "microsoft": f"{_MICROSOFT}/{tenant or 'organizations'}/v2.0"}
    issuer = table.get("issuer", presets.get(preset, "")).rstrip("/")
    try:
        parts = urlsplit(issuer)
        sound = parts.scheme == "https" and bool(parts.hostname) and not parts.query and not parts.username
    except ValueError:
        sound = False
    if not sound:
        raise BadEnvironment(f"{where}: issuer is the provider's address, beginning with https://.")
    return issuer


def _secret(table: dict[str, str], where: str) -> str:
    if ("secret" in table) == ("secret_file" in table):
        raise BadEnvironment(f"{where}: write either secret or secret_file.")
    if "secret" in table:
        return table["secret"]
    try:
        return Path(table["secret_file"]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadEnvironment(f"{where}: secret_file names {table['secret_file']}, which can't be read.") from None

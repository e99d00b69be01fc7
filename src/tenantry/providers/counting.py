"""Counts calls by service and outcome in this process, until somebody takes the counts away to keep them."""

import threading
from collections import Counter
from typing import Final

from tenantry.providers.urls import is_loopback

NO_ANSWER: Final = "none"
_SERVICES: Final = (
    ("partner_center", (".partnercenter.microsoft.com", ".partnercenterapi.microsoftonline.cn")),
    (
        "microsoft_sign_in",
        ("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"),
    ),
    ("graph", ("graph.microsoft.com", "graph.microsoft.us", "microsoftgraph.chinacloudapi.cn")),
    ("google", (".googleapis.com", "accounts.google.com")),
)
_counts: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()


def service_of(host: str) -> str:
    """Return which service a host belongs to: a name out of few, so that nobody's own hosts become labels."""
    if is_loopback(host):
        return "local"
    found = (name for name, hosts in _SERVICES if f".{host.lower()}".endswith(hosts) or host.lower() in hosts)
    return next(found, "other")


def count_call(host: str, status: int | None) -> None:
    """Count one call; ``status`` is ``None`` when there was no usable answer."""
    with _lock:
        _counts[service_of(host), NO_ANSWER if status is None else str(status)] += 1


def take_counts() -> dict[tuple[str, str], int]:
    """Return what was counted since the last time, by (service, status), and count from nought again."""
    if not _counts:
        return {}
    with _lock:
        taken = dict(_counts)
        _counts.clear()
        return taken


def put_back(counts: dict[tuple[str, str], int]) -> None:
    """Count what could not be kept after all."""
    with _lock:
        _counts.update(counts)

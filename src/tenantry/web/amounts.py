"""How pages write amounts, rates and spans of time."""

from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import intcomma

from tenantry.listing import BoundedCount

_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400


def counted(count: int, one: str, many: str) -> str:
    """Return ``1 tenant`` or ``2,000 tenants``."""
    return f"{intcomma(count)} {one if count == 1 else many}"


def bounded(count: BoundedCount | None) -> dict[str, object]:
    """Return a bounded count as templates take it; ``None`` is one that nobody counted."""
    return {"count": count.count, "over": count.over} if count else {"count": None, "over": False}


def duration(start: datetime | None, end: datetime | None) -> str:
    """Return how long it took: ``850 ms``, ``12 s``, ``2 min 5 s``, ``1 h 3 min``; empty while it has no end."""
    if start is None or end is None:
        return ""
    span = max((end - start).total_seconds(), 0.0)
    if span < 1:
        return f"{round(span * 1000)} ms"
    seconds = round(span)
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def rate(per_second: float | None) -> str:
    """Return ``85 a second`` or ``440 a minute``; empty when there is nothing to measure."""
    if per_second is None:
        return ""
    if round(per_second) >= 10:  # noqa: PLR2004  # from here on a person reads seconds more easily
        return f"{intcomma(round(per_second))} a second"
    return f"{intcomma(round(per_second * _MINUTE))} a minute"


def time_left(span: timedelta | None) -> str:
    """Return ``about 40 seconds`` or ``about 3 minutes``; empty when it is not known."""
    if span is None:
        return ""
    seconds = max(1, round(span.total_seconds()))
    if seconds < 10:  # noqa: PLR2004  # finer would jump about
        return "a few seconds"
    if seconds < 90:  # noqa: PLR2004  # same
        return f"about {round(seconds, -1)} seconds"
    minutes = round(seconds / _MINUTE)
    if minutes < 90:  # noqa: PLR2004  # same
        return f"about {minutes} minutes"
    return f"about {round(minutes / 60)} hours"

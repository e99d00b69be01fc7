"""The tag ``{% moment at shape %}`` of ``components/when.html``: a moment in words, the exact one behind it."""

from datetime import UTC, date, datetime
from functools import lru_cache

from django import template
from django.contrib.humanize.templatetags.humanize import naturalday
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def moment(at: datetime, shape: str = "") -> str:
    """Return a ``<time>``: ``day`` (today, 12 Mar 2026), ``minute`` (today, 14:05), or how long ago it is."""
    local = localtime(at)
    if shape in {"day", "minute"}:
        return _day(local.replace(microsecond=0), shape, localtime().date(), get_language())
    ago = timesince(at)
    return _time(local, "just now" if ago == "0\u00a0minutes" else f"{ago} ago")


@lru_cache(maxsize=10_000)
def _day(local: datetime, shape: str, today: date, language: str | None) -> str:  # noqa: ARG001  # what words depend on
    day = naturalday(local, "j M Y")
    return _time(local, f"{day}, {date_format(local, 'H:i')}" if shape == "minute" else str(day))


def _time(local: datetime, words: str) -> str:
    exact = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, date_format(local, "j F Y, H:i"), words)

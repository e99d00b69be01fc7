"""The tag ``{% badge word tone %}``: ``components/badge.html`` drawn once, for lists that show a few on every row."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string

register = template.Library()


@register.simple_tag
def badge(word: str, tone: str = "off", *, bare: bool = False) -> str:
    """Return the badge of a state as ``components/badge.html`` draws it. For words of a vocabulary, not for names."""
    return _drawn(word, tone, bare=bare)


@lru_cache(maxsize=1_000)
def _drawn(word: str, tone: str, *, bare: bool) -> str:
    return render_to_string("components/badge.html", {"word": word, "tone": tone, "bare": bare})

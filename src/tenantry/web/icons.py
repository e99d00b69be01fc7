"""The tags of ``{% load heroicons %}``, each icon drawn once: a list shows the same few hundreds of times."""

from functools import lru_cache

from django import template
from heroicons.templatetags import heroicons

register = template.Library()


@register.simple_tag
def heroicon_outline(name: str, *, size: int = 24, **attributes: object) -> str:
    """Return the outlined icon as SVG, ``size`` pixels wide and high, with further attributes."""
    return _outline(name, size, tuple(sorted(attributes.items())))


@lru_cache(maxsize=1_000)
def _outline(name: str, size: int, attributes: tuple[tuple[str, object], ...]) -> str:
    return str(heroicons.heroicon_outline(name, size=size, **dict(attributes)))

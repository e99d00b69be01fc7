"""Reads pages as a person would: the words of a part, the rows of a table."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse


def text_of(answer: HttpResponse | Any) -> str:
    """Return the words of a page, without its marks, blanks drawn together."""
    content = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    content = content.replace("<wbr>", "")  # where a word may break, and none ends
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())


def names_in(answer: HttpResponse | Any) -> list[str]:
    """Return the names that a list shows, in order."""
    found = re.findall(r'<a class="row-link"[^>]*><bdi>(.*?)</bdi>', answer.content.decode())
    return [unescape(name) for name in found]


def counts_in(answer: HttpResponse | Any) -> dict[str, str]:
    """Return the tabs with their counts."""
    found = re.findall(r'<li><a href="[^"]*"[^>]*>([^<]+)<span class="count">([^<]+)</span>', answer.content.decode())
    return dict(found)

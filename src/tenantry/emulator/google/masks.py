"""Partial answers: the grammar of the parameter ``fields``, ``a,b(c,d/e)`` with ``*``."""

import re
from typing import Any, Final

from tenantry.emulator.google.refusals import refused

Mask = dict[str, "Mask"]
_TOKEN: Final = re.compile(r"[A-Za-z_$][\w$]*|[*(),/]")


def read_mask(text: str) -> Mask | None:
    """Return the mask in ``text``: ``None`` for no text, empty for everything. Raises ``GoogleRefusal``."""
    if not text.strip():
        return None
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise _invalid(text)
    reader = _Reader(tokens, text)
    mask = reader.fields()
    if reader.left:
        raise _invalid(text)
    return mask


class _Reader:
    """Reads one mask token by token."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.left = tokens[::-1]
        self._text = text

    def fields(self) -> Mask:
        found: Mask = {}
        while True:
            name, inner = self._field()
            found[name] = inner
            if not self.left or self.left[-1] != ",":
                return {} if "*" in found else found
            self.left.pop()

    def _field(self) -> tuple[str, Mask]:
        name = self._take()
        if name in "(),/":
            raise _invalid(self._text)
        if self.left and self.left[-1] == "/":
            self.left.pop()
            inner_name, inner = self._field()
            return name, {} if inner_name == "*" else {inner_name: inner}
        if self.left and self.left[-1] == "(":
            self.left.pop()
            inner = self.fields()
            if self._take() != ")":
                raise _invalid(self._text)
            return name, inner
        return name, {}

    def _take(self) -> str:
        if not self.left:
            raise _invalid(self._text)
        return self.left.pop()


def _invalid(text: str) -> Exception:
    return refused("invalid", f"Invalid field selection {text[:60]}")


def check_mask(mask: Mask | None, known: frozenset[str], inner: dict[str, frozenset[str]]) -> None:
    """Refuse a mask that names a field which the answer never has: ``inner`` are those of its objects and rows."""
    for name, below in (mask or {}).items():
        if name not in known:
            raise refused("invalid", f"Invalid field selection {name}")
        for member in below if name in inner else ():
            if member not in inner[name]:
                raise refused("invalid", f"Invalid field selection {member}")


def masked(mask: Mask | None, value: Any) -> Any:
    """Return what ``mask`` leaves of ``value``."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(mask, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: masked(mask[name], inner) for name, inner in value.items() if name in mask}

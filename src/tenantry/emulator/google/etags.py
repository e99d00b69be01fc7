"""Change markers: a part that belongs to the caller and the emulator's life, and one that is the content's hash."""

import base64
import hashlib
import re
from typing import Any, Final

from tenantry.emulator.messages import compact

_PREFIX: Final = re.compile(rb'"etags?":"\\"[\w-]{43}/')


class Etags:
    """Marks representations. ``life`` differs from one start of the emulator to the next."""

    def __init__(self, life: bytes) -> None:
        self._life = life

    def of(self, content: Any, caller: str) -> str:
        """Return the marker of ``content`` for ``caller``, its double quotes included."""
        prefix = hashlib.blake2b(caller.encode(), key=self._life, digest_size=32).digest()
        bare = _PREFIX.sub(rb'"etag":"', compact(content))  # what is inside may be marked, too: by another life
        suffix = hashlib.sha1(bare, usedforsecurity=False).digest()
        return f'"{_text(prefix)}/{_text(suffix)}"'


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

"""The pages, served from this process over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test.testcases import LiveServerThread

_START_SECONDS = 30.0


def _as_it_is(pages: Any) -> Any:
    return pages


class _Pages(LiveServerThread):
    """The pages in a thread of this process, which is there at once. Each request has a thread, and a connection."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", static_handler=_as_it_is, port=0)  # type: ignore[arg-type]  # the stubs want a class


@contextmanager
def pages_served() -> Iterator[str]:
    """Serve them on the test's database while the block runs; give their address."""
    pages = _Pages()
    pages.start()
    pages.is_ready.wait(_START_SECONDS)
    if pages.error:
        raise pages.error
    yield f"http://127.0.0.1:{pages.port}"
    pages.terminate()

"""Releasing some of what is held, as a person does on the page of a hold."""

import re
from collections.abc import Callable, Sequence

from django.utils import timezone
from playwright.sync_api import Page, expect

from tenantry.sync.holds.applying import apply_released


def release_selected(
    page: Page, names: Sequence[str], *, whom: str, made: Callable[[], set[str]], marketplace_id: int
) -> None:
    """Select these rows, look at them once more, release them, and let the job apply them.

    ``whom`` is what the page calls them; ``made`` returns what was applied until now, which is nothing.
    """
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("button", name=re.compile(rf"Release {len(names)} selected")).click()
    expect(page.get_by_role("heading", name=f"Release {len(names)} {whom}?")).to_be_visible()
    assert made() == set(), "looking once more applies nothing"
    page.get_by_role("button", name=f"Release {len(names)}").click()
    apply_released(marketplace_id=marketplace_id, clock=timezone.now, should_stop=lambda: False)
    page.reload()

"""What the filter bars of several lists share (``components/filters.html``)."""

from collections.abc import Iterable
from typing import Any

from tenantry.web.countries import country_name


def select(name: str, nothing: str, value: str, options: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return a list to choose from; ``nothing`` is its first entry, which filters nothing: ``Country: any``."""
    listed = [{"value": "", "label": nothing}, *({"value": each, "label": label} for each, label in options)]
    return {"name": name, "label": nothing.partition(":")[0], "value": value, "options": listed}


def country_options(codes: Iterable[str], chosen: str) -> list[tuple[str, str]]:
    """Return countries to choose from, by name; ``""`` among the codes stands for unknown, written ``-``."""
    wanted = {code or "-" for code in codes} | ({chosen} if chosen else set())
    named = [(code, "Unknown" if code == "-" else f"{country_name(code)} ({code})") for code in wanted]
    return sorted(named, key=lambda option: (option[0] == "-", option[1]))

"""English names of countries, from the table that comes with the time zone data (public domain)."""

from functools import cache
from importlib.resources import files


@cache
def _names() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    lines = (line.split("\t", 1) for line in table.splitlines() if line and not line.startswith("#"))
    return {code: name.strip() for code, name in lines}


def country_name(code: str) -> str:
    """Return the name of an ISO 3166 alpha-2 code, or the code itself when it has none."""
    return _names().get(code, code)


def every_country() -> list[tuple[str, str]]:
    """Return code and name of each country, by name."""
    return sorted(_names().items(), key=lambda entry: entry[1])

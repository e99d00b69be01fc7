"""Company names taken apart: words, legal form, trading name, country words. Pure; nothing is looked up.

``parse_name`` is the entry. ``folding`` makes letters comparable, ``forms`` knows legal forms, ``countries``
knows countries, ``rarity`` tells how much a word says.
"""

from tenantry.core.names.parsing import CompanyName, parse_name
from tenantry.core.names.rarity import WordCounts, bits_of

__all__ = ["CompanyName", "WordCounts", "bits_of", "parse_name"]

"""Pages through ordered rows by keyset: where a page begins is a row's own values, never a number of rows.

Knows nothing of what the rows are. Pages of the site and the REST API share it.
"""

from tenantry.listing.counts import BoundedCount, bounded_count
from tenantry.listing.cursors import BadCursor, Cursor
from tenantry.listing.paging import PAGE_SIZE, Order, Page, cursor_at, page_of

__all__ = ["PAGE_SIZE", "BadCursor", "BoundedCount", "Cursor", "Order", "Page", "bounded_count", "cursor_at", "page_of"]

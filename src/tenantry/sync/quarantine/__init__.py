"""Connections that are set aside because their credentials are refused, or too much of what they read fails.

Judging is ``core.brakes``'s. ``services`` sets aside and lets back, ``judging`` is what readers of a provider ask
after each failure, ``telling`` tells operators and the managers of every marketplace that the connection feeds,
``jobs`` looks after what is set aside. Whoever starts reading by itself asks :func:`may_be_tried` before.
"""

from tenantry.sync.quarantine.judging import ConnectionSetAside, judge_error, judge_rows, note_success
from tenantry.sync.quarantine.queries import may_be_tried, quarantine_of, quarantines_of

__all__ = [
    "ConnectionSetAside",
    "judge_error",
    "judge_rows",
    "may_be_tried",
    "note_success",
    "quarantine_of",
    "quarantines_of",
]

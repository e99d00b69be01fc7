"""Python loads this by itself at its start: lets a process's clock jump by what the file in CRASH_CLOCK says, seconds.

The database keeps the machine's clock, as a server of its own would. A clock that only counts seconds does not jump.
"""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_FILE = os.environ.get("CRASH_CLOCK", "")
_LOOK_EVERY = 0.2


def _follow(file: Path) -> None:
    import time_machine  # noqa: PLC0415  # only where a clock is to jump

    jumped, traveller = 0.0, None
    while True:
        wanted = float(file.read_text() or 0) if file.exists() else 0.0
        if wanted != jumped:
            if traveller is not None:
                traveller.stop()
            traveller = None
            if wanted:
                traveller = time_machine.travel(datetime.now(tz=UTC) + timedelta(seconds=wanted), tick=True)
                traveller.start()
            jumped = wanted
        time.sleep(_LOOK_EVERY)


if _FILE:
    threading.Thread(target=_follow, args=(Path(_FILE),), name="clock", daemon=True).start()

"""How often Python's garbage collector looks, in a process that works through many rows."""

import gc

# Objects that are made before it looks, and how many looks make a deeper one. Rows come in batches of thousands of
# objects that live a moment and are in no cycle; by Python's own 700, looking at them was a tenth of matching.
_THRESHOLDS = 20_000, 20, 50


def settle_collector() -> None:
    """Leave what is loaded out of all collections from now on, and collect more rarely. Call it when all is loaded."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)

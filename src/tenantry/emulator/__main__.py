"""``python -m tenantry.emulator``."""

import sys

from tenantry.emulator.server import main

sys.exit(main())

"""``python -m tenantry.emulator``."""

import sys

from tenantry.emulator.command import main

sys.exit(main())

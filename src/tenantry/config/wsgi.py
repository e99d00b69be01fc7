"""The entry point for a WSGI server such as granian."""

import gc
import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
application = get_wsgi_application()

from tenantry.isolation.roles import refuse_unsafe_role  # noqa: E402  # needs the settings

with suppress(OperationalError):  # a database that is still starting is asked by /readyz
    refuse_unsafe_role()

# All of the program is loaded by now and stays. Left to the collector, it is gone through again and again: that took a
# tenth of a second, each twentieth page.
get_resolver().url_patterns  # noqa: B018  # loads every view
gc.collect()
gc.freeze()

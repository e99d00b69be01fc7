"""The entry point for a WSGI server such as granian."""

import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.db import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
application = get_wsgi_application()

from tenantry.isolation.roles import refuse_unsafe_role  # noqa: E402  # needs the settings

with suppress(OperationalError):  # a database that is still starting is asked by /readyz
    refuse_unsafe_role()

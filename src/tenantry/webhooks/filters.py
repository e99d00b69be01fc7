"""The one filter of deliveries, for every interface: the type of event, and what it is about."""

import django_filters

from tenantry.core.webhook_events import BY_NAME, TEST
from tenantry.listing.narrowing import ListFilter


class DeliveryFilter(ListFilter):
    """Narrows deliveries. A value that can't be one is left out. ``about`` is ``company:12``."""

    type = django_filters.ChoiceFilter(choices=[(name, name) for name in (*BY_NAME, TEST)], label="Event")
    about = django_filters.CharFilter(field_name="lane", max_length=130, label="About what")

"""The one filter of people of directories, for every interface."""

import django_filters

from tenantry.connections.models import Provider
from tenantry.core.planning.users.reasons import Reason, Verdict
from tenantry.listing.narrowing import ListFilter


class PeopleFilter(ListFilter):
    """Narrows people of directories. A value that can't be one is left out; ``errors`` names it for an API."""

    company = django_filters.NumberFilter(field_name="company_id", label="Company")
    provider = django_filters.ChoiceFilter(choices=Provider.choices, label="Provider")
    verdict = django_filters.ChoiceFilter(choices=[(each.value, each.value) for each in Verdict], label="Verdict")
    reason = django_filters.ChoiceFilter(choices=[(each.value, each.value) for each in Reason], label="Reason")

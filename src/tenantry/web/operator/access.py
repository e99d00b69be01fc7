"""An operator's visit to one marketplace: found among all, opened in its scope, and on its record."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest, HttpResponse

from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.queries import Workplace
from tenantry.web.access import OperatorVisit, View, needs_operator

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class MarketplaceVisit:
    """An operator in the settings of one marketplace."""

    operator: OperatorVisit
    place: Workplace

    @property
    def marketplace_id(self) -> int:
        """The marketplace's primary key."""
        return self.place.marketplace_id


def needs_operator_in_marketplace(
    view: Callable[Concatenate[HttpRequest, MarketplaceVisit, P], HttpResponse],
) -> View[...]:
    """Let a view be opened by operators only, in the scope of the marketplace ``marketplace_id`` of its address.

    A look is an event of that marketplace; what a post does records itself. One that is not there answers 404.
    """

    @needs_operator
    def found(
        request: HttpRequest, visit: OperatorVisit, /, marketplace_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        places = (place for place in visit.presence.workplaces if place.marketplace_id == marketplace_id)
        place = next(places, None)
        if place is None:
            raise Http404
        with marketplace_scope(marketplace_id):
            if request.method == "GET":
                _record_look(visit, place)
            return view(request, MarketplaceVisit(visit, place), *args, **kwargs)

    return cast("View[...]", wraps(view)(found))


def _record_look(visit: OperatorVisit, place: Workplace) -> None:
    target = Target("marketplace", str(place.marketplace_id), place.name)
    record_event(
        Happening("marketplace.access.operator_looked", target), actor=visit.actor,
        marketplace_id=place.marketplace_id, now=visit.now, request_id=visit.request_id,
    )  # fmt: skip

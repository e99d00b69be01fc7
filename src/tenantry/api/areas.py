"""Registers the routes of an area, with what every route has besides its own work.

A route names its action. Before it runs, the token and what it may are checked; around it lies one transaction in the
marketplace's scope, in which the answer is made as well and kept for the call's ``Idempotency-Key``. A route that talks
to a provider, or opens scopes of its own, runs ``OUTSIDE`` and is safe to repeat by its nature.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from tenantry.api import describing
from tenantry.api.callers import Caller, caller_of
from tenantry.api.models import StoredAnswer
from tenantry.api.problems import Problem
from tenantry.api.repeating import begin, keep, key_in
from tenantry.api.versions import check_version, etag
from tenantry.audit.events import Actor
from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope

P = ParamSpec("P")


class Place(StrEnum):
    """Where a route runs: in the scope of the token's marketplace, in none, or for the installation as a whole."""

    MARKETPLACE = "marketplace"
    OUTSIDE = "outside"
    INSTALLATION = "installation"
    INSTALLATION_OUTSIDE = "installation, outside"

    @property
    def installation(self) -> bool:
        """Whether a token of the installation is needed, not one of a marketplace."""
        return self in {Place.INSTALLATION, Place.INSTALLATION_OUTSIDE}

    @property
    def transacted(self) -> bool:
        """Whether the route is one transaction."""
        return self in {Place.MARKETPLACE, Place.INSTALLATION}


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a route: the request, who sends it, and what was ``prepared`` outside the transaction."""

    request: HttpRequest
    caller: Caller
    prepared: Any = None

    @property
    def told(self) -> dict[str, Any]:
        """What services take of it, by name."""
        return {"actor": self.actor, "now": self.caller.now, "request_id": self.caller.request_id}

    @property
    def actor(self) -> Actor:
        """Who does it."""
        return self.caller.actor

    def check_version(self, now_is: object) -> None:
        """Refuse a change that is not about the version that there is now."""
        check_version(self.request, now_is)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with more than its content: where what was made is found, and its version.

    ``secret``: the content has what is shown once, so it is kept sealed, and no cache keeps it.
    """

    content: Schema
    location: str = ""
    version: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers of the answer."""
        found = dict(self.headers)
        if self.location:
            found["Location"] = self.location
        if self.version is not None:
            found["ETag"] = etag(self.version)
        return found


Work = Callable[Concatenate[Call, P], Schema | Reply]


class Area:
    """The routes of one area. ``tag`` is its name in the description of the API."""

    def __init__(self, tag: str, *, place: Place = Place.MARKETPLACE) -> None:
        self.tag = tag
        self.place = place
        self.router = Router(tags=[tag])

    def get(self, path: str, action: Action, answer: type[Schema], **more: Any) -> Callable[[Work[P]], Work[P]]:
        """Register what only reads."""
        return self._route(Spec("GET", path, action, answer, **more))

    def post(self, path: str, action: Action, answer: type[Schema], **more: Any) -> Callable[[Work[P]], Work[P]]:
        """Register what does something; it takes keys, unless it runs outside a transaction."""
        return self._route(Spec("POST", path, action, answer, **more))

    def put(self, path: str, action: Action, answer: type[Schema], **more: Any) -> Callable[[Work[P]], Work[P]]:
        """Register what puts a whole state in place of the one there is."""
        return self._route(Spec("PUT", path, action, answer, **more))

    def patch(self, path: str, action: Action, answer: type[Schema], **more: Any) -> Callable[[Work[P]], Work[P]]:
        """Register what changes the fields that are sent."""
        return self._route(Spec("PATCH", path, action, answer, **more))

    def delete(self, path: str, action: Action, answer: type[Schema], **more: Any) -> Callable[[Work[P]], Work[P]]:
        """Register what takes something away."""
        return self._route(Spec("DELETE", path, action, answer, **more))

    def _route(self, spec: "Spec") -> Callable[[Work[P]], Work[P]]:
        place = spec.place or self.place

        def register(work: Work[P]) -> Work[P]:
            view = _view(work, spec, place)
            self.router.add_api_operation(
                spec.path, [spec.method], view, auth=TokenFor(spec, place), response={spec.status: spec.answer},
                operation_id=spec.name or work.__name__, summary=describing.summary_of(work),
                description=describing.rest_of(work), url_name=spec.name or work.__name__,
                openapi_extra=describing.extra_of(spec, place),
            )  # fmt: skip
            return work

        return register


@dataclass(frozen=True, slots=True)
class Spec:
    """What a route is. ``others``: actions that open it as well. ``versioned``: a change needs ``If-Match``.

    ``refuses``: rules of the domain may stand against it. ``asks_provider``: it fails when the provider does.
    ``prepare`` takes what the route takes, and runs before the transaction: it may ask the network.
    """

    method: str
    path: str
    action: Action
    answer: type[Schema]
    name: str = ""
    others: Sequence[Action] = ()
    status: int = 200
    place: Place | None = None
    versioned: bool = False
    refuses: bool = False
    asks_provider: bool = False
    prepare: Callable[..., Any] | None = None

    def keyed(self, place: Place) -> bool:
        """Whether it takes an ``Idempotency-Key``."""
        return self.method == "POST" and place.transacted


class TokenFor:
    """Checks the token of a call: that it lives, is for the right place, and may do the route's action."""

    openapi_security_schema = {"type": "http", "scheme": "bearer", "description": "A token from Settings, API tokens."}

    def __init__(self, spec: Spec, place: Place) -> None:
        self.spec = spec
        self.place = place

    def __call__(self, request: HttpRequest) -> Caller:
        """Return who calls. Raises :class:`Problem`."""
        caller = caller_of(request)
        if self.place.installation != caller.token.installation:
            wanted = "the installation" if self.place.installation else "a marketplace"
            raise Problem("forbidden", f"This needs a token of {wanted}.", next_step=f"Use a token of {wanted}.")
        if not any(map(caller.may, self.spec.others)):
            caller.require(self.spec.action)
        return caller


def _view(work: Work[P], spec: Spec, place: Place) -> Callable[..., HttpResponse]:
    """Return the view that ninja calls: it takes the request where ``work`` takes a :class:`Call`."""

    @wraps(work)
    def view(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        caller: Caller = request.auth  # type: ignore[attr-defined]  # what TokenFor returned, kept there by ninja
        key = key_in(request) if spec.keyed(place) else ""
        prepared = spec.prepare(*args, **kwargs) if spec.prepare else None
        with _around(caller, place):
            kept = begin(request, caller, key) if key else None
            if isinstance(kept, HttpResponse):
                return kept
            done = work(Call(request, caller, prepared), *args, **kwargs)
            reply = done if isinstance(done, Reply) else Reply(done)
            answer = _answer(reply, spec.status)
            if isinstance(kept, StoredAnswer):
                keep(kept, answer, secret=reply.secret)
        return answer

    signature = inspect.signature(work)
    own = list(signature.parameters.values())[1:]
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest)
    view.__signature__ = signature.replace(parameters=[request, *own])  # type: ignore[attr-defined]  # inspect reads it
    return view


def _around(caller: Caller, place: Place) -> AbstractContextManager[None]:
    if place is Place.MARKETPLACE:
        return marketplace_scope(caller.marketplace_id)
    if place is Place.INSTALLATION:
        return transaction.atomic()
    return nullcontext()


def _answer(reply: Reply, status: int) -> HttpResponse:
    body = reply.content.model_dump_json()
    return HttpResponse(body, status=status, content_type="application/json", headers=reply.all_headers)

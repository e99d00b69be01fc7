"""Turns what the domain refuses into problem details: the same sentences that the pages show."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from tenantry.accounts.services import UnableToCreateAccount
from tenantry.api.problems import KINDS, Problem, answer_of, problem_for
from tenantry.connections.invitation_links import NoInvitationLink
from tenantry.connections.services import UnableToSaveConnection
from tenantry.marketplace.companies.services import CompanyInUse, CompanyRefused, StaleCompany
from tenantry.marketplace.imports.services import ImportRefused
from tenantry.marketplace.invitations.services import AddressNotConfirmed, InvitationRefused
from tenantry.marketplace.people.erasing import ErasureRefused
from tenantry.marketplace.people.services import LastAdministrator, PersonRefused, StaleUser
from tenantry.marketplace.services import UnableToCreateMarketplace
from tenantry.marketplace.sharing import SharingRefused
from tenantry.marketplace.staff import StaffRefused
from tenantry.providers.errors import ProviderError
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.connecting import ConnectRefused
from tenantry.sync.deciding.refusals import AlreadyDecided, DecisionRefused
from tenantry.sync.google.requests import GoogleRefused
from tenantry.sync.holds.services import ContentChanged, HoldRefused
from tenantry.sync.people.linking import LinkRefused
from tenantry.sync.requests import SyncRefused
from tenantry.sync.undoing.ways import UndoRefused
from tenantry.webhooks.again import DeliveryRefused
from tenantry.webhooks.services import EndpointRefused, StaleEndpoint

_log = structlog.stdlib.get_logger(__name__)
_PLACES = {"body", "query", "path", "header", "form", "file", "given", "filters"}


def _refused(error: Any) -> Problem:
    """Return a refusal: of the input where a field is named, of the whole otherwise."""
    errors: Mapping[str, str] = getattr(error, "errors", {}) or {}
    return Problem("invalid" if errors else "refused", str(error), errors=errors)


def _too_late(error: Any) -> Problem:
    when = error.when.isoformat() if error.when else None
    return Problem("already-decided", str(error), decided={"who": error.who, "what": error.what, "when": when})


def _changed(error: Any) -> Problem:
    return Problem("changed-meanwhile", str(error))


def _not_as_seen(error: Any) -> Problem:
    return Problem("not-as-seen", str(error))


def _unconfirmed(_: Any) -> Problem:
    return Problem(
        "refused", "The address looks like a user name, and nobody said that it takes mail.",
        next_step="Ask the person; then send address_confirmed.",
    )  # fmt: skip


def _provider(error: Any) -> Problem:
    return Problem("provider", error.message, next_step=error.next_step, fault=error.fault.value)


def _missing(_: Any) -> Problem:
    return Problem("not-found", "There is nothing with this id here.")


def _wrong_input(error: Any) -> Problem:
    errors: dict[str, str] = {}
    for each in error.errors:
        parts = [str(part) for part in each["loc"] if str(part) not in _PLACES]
        errors.setdefault(".".join(parts) or "body", f"{each['msg']}.")
    return Problem("invalid", "The input is not as the description of the API says.", errors=errors)


def _http(error: Any) -> Problem:
    problem = problem_for(error.status_code)
    return Problem(problem.kind, problem.detail)


_TOLD: Mapping[type[Exception], Callable[[Any], Problem]] = {
    AlreadyDecided: _too_late,
    StaleCompany: _changed,
    StaleUser: _changed,
    StaleEndpoint: _changed,
    ContentChanged: _not_as_seen,
    AddressNotConfirmed: _unconfirmed,
    ProviderError: _provider,
    Http404: _missing,
    ObjectDoesNotExist: _missing,
    ValidationError: _wrong_input,
    HttpError: _http,
    **dict.fromkeys(
        (
            DecisionRefused, CompanyRefused, CompanyInUse, PersonRefused, LastAdministrator, InvitationRefused,
            ImportRefused, SettingsRefused, SyncRefused, HoldRefused, UndoRefused, GoogleRefused,
            ConnectRefused, LinkRefused, ErasureRefused, NoInvitationLink, StaffRefused, SharingRefused,
            UnableToCreateAccount, UnableToCreateMarketplace, UnableToSaveConnection, EndpointRefused, DeliveryRefused,
        ),
        _refused,
    ),
}  # fmt: skip


def teach_refusals(api: NinjaAPI) -> None:
    """Let the API answer with problem details whatever is raised."""
    api.add_exception_handler(Problem, _answer_problem)
    for kind in _TOLD:
        api.add_exception_handler(kind, _answer_refusal)
    api.add_exception_handler(Exception, _answer_failure)


def _answer_problem(request: HttpRequest, problem: Any) -> HttpResponse:
    return answer_of(request, problem)


def _answer_refusal(request: HttpRequest, error: Any) -> HttpResponse:
    told = next(_TOLD[kind] for kind in type(error).__mro__ if kind in _TOLD)
    return answer_of(request, told(error))


def _answer_failure(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer for what nobody foresaw. The answer says nothing of it; the log does, under the same id."""
    _log.error("api_call_failed", path=request.path, method=request.method, exc_info=error)
    return answer_of(request, Problem("internal", f"{KINDS['internal'].title}."))

"""Testing a connection, permission by permission, for the wizard and ``connect``.

Every probe reads; none changes anything at Microsoft. A failing one is a result, never an exception.
"""

from typing import Any, Final
from uuid import uuid4

from tenantry.core.records import Relationship, TenantPage
from tenantry.providers.base import RefreshTokens, Unlimited
from tenantry.providers.errors import AuthFailed, ConsentMissing, NotFound, ProviderError
from tenantry.providers.http import Answer, HttpClient
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.auth import AppOnlyTokens, TokenSource, UserTokens
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.client import PartnerCenter
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.microsoft.credentials import Application, ApplicationKind
from tenantry.providers.microsoft.people import PartnerCenterPeople
from tenantry.providers.pacing import AdaptiveConcurrency
from tenantry.providers.patience import Patience
from tenantry.providers.probes import ProbeName, ProbeResult

_WRONG_KIND: Final = frozenset({"7000218", "700025", "90023"})
_NO_PROGRAM: Final = frozenset({"800039", "900149"})
_SIGN_IN_FIRST: Final = "Not tested: no sign-in worked."
_CONNECT_AS_USER: Final = "Run `tenantry connect microsoft` and sign in as a member of Admin Agents."
_MOST_TRIED: Final = 5
_ASK_FOR_ROLE: Final = "Ask customers for a delegated administration relationship with the role Directory Readers."
_INDIRECT_RESELLER: Final = (
    "This is the account of an indirect reseller. Indirect resellers have no API access: only direct-bill "
    "partners and indirect providers do."
)
_OTHER_ACCOUNT: Final = "Connect the account of the direct-bill partner or of the indirect provider."

_PERMISSIONS: Final = {
    ProbeName.APPLICATION_KIND: "an application registered as the connection says",
    ProbeName.SIGN_IN_APP_ONLY: "the application, added in Partner Center's App management",
    ProbeName.SIGN_IN_APP_AND_USER: "user_impersonation, and membership of Admin Agents",
    ProbeName.LIST_CUSTOMERS: "access to the partner's customers",
    ProbeName.READ_CUSTOMER: "access to the customer's record",
    ProbeName.READ_BILLING: "access to the customer's billing profile",
    ProbeName.READ_PEOPLE: "a delegated role in the customer's tenant, such as Directory Readers",
    ProbeName.MFA: "a sign-in with multifactor authentication",
    ProbeName.PARTNER_ACCOUNT: "a direct-bill partner or an indirect provider",
}


def _works(name: ProbeName, sentence: str) -> ProbeResult:
    return ProbeResult(name, ok=True, permission=_PERMISSIONS[name], sentence=sentence)


def _lacks(name: ProbeName, sentence: str, next_step: str) -> ProbeResult:
    return ProbeResult(name, ok=False, permission=_PERMISSIONS[name], sentence=sentence, next_step=next_step)


def _untold(name: ProbeName, sentence: str, next_step: str = "") -> ProbeResult:
    return ProbeResult(name, ok=None, permission=_PERMISSIONS[name], sentence=sentence, next_step=next_step)


def _failed(name: ProbeName, error: ProviderError) -> ProbeResult:
    permission = error.permission if isinstance(error, ConsentMissing) else _PERMISSIONS[name]
    # What may pass by itself says nothing about the permission.
    ok = None if error.retryable else False
    return ProbeResult(name, ok, permission, error.message, error.next_step)


def probe(
    endpoints: Endpoints,
    application: Application,
    *,
    http: HttpClient,
    refresh_tokens: RefreshTokens | None = None,
    patience: Patience | None = None,
) -> list[ProbeResult]:
    """Test everything that a connection of this kind needs, and return one result per probe, in order.

    ``refresh_tokens`` holds the service user's sign-in, if there is one. A provider's failure of any kind is
    a result; only a failing store of refresh tokens raises.
    """
    return _Probing(endpoints, application, http, refresh_tokens, patience or Patience((0.5, 1.5))).run()


class _Probing:
    """One round of probes over one connection."""

    def __init__(
        self,
        endpoints: Endpoints,
        application: Application,
        http: HttpClient,
        refresh_tokens: RefreshTokens | None,
        patience: Patience,
    ) -> None:
        self._endpoints = endpoints
        self._application = application
        self._http = http
        self._refresh_tokens = refresh_tokens
        self._patience = patience
        self._app: TokenSource | None = None
        self._user: TokenSource | None = None
        self._refusals: list[ProviderError] = []
        self._customer_ids: list[str] = []

    def run(self) -> list[ProbeResult]:
        sign_ins = [*self._app_only(), self._app_and_user()]
        results = [self._kind(), *sign_ins]
        tokens = self._app or self._user
        if tokens is None:
            untested = (ProbeName.LIST_CUSTOMERS, ProbeName.READ_CUSTOMER, ProbeName.READ_BILLING)
            return results + [_untold(name, _SIGN_IN_FIRST) for name in untested]
        source = PartnerCenter(self._endpoints, tokens, Unlimited(), http=self._http, patience=self._patience)
        results += self._customers(source)
        if self._user is not None:
            results += [self._people(self._user), self._mfa(self._user)]
        return results

    def _app_only(self) -> list[ProbeResult]:
        if self._application.kind is ApplicationKind.NATIVE:
            return []
        name = ProbeName.SIGN_IN_APP_ONLY
        try:
            tokens = AppOnlyTokens(self._endpoints, self._application, self._http)
            tokens.access_token()
        except ProviderError as error:
            self._refusals.append(error)
            return [_failed(name, error)]
        self._app = tokens
        return [_works(name, "The application signs in on its own.")]

    def _app_and_user(self) -> ProbeResult:
        name = ProbeName.SIGN_IN_APP_AND_USER
        if self._refresh_tokens is None or not self._refresh_tokens.load():
            if self._application.kind is ApplicationKind.NATIVE:
                return _lacks(name, "Nobody has signed in; a native application needs that.", _CONNECT_AS_USER)
            return _untold(name, "Nobody has signed in: people and custom domains stay unread.", _CONNECT_AS_USER)
        try:
            tokens = UserTokens(self._endpoints, self._application, self._refresh_tokens, self._http)
            tokens.access_token()
        except ProviderError as error:
            self._refusals.append(error)
            return _failed(name, error)
        self._user = tokens
        return _works(name, "The service user's sign-in is good.")

    def _kind(self) -> ProbeResult:
        name = ProbeName.APPLICATION_KIND
        wrong = next((error for error in self._refusals if error.code in _WRONG_KIND), None)
        if wrong is not None:
            return _failed(name, wrong)
        kind = self._application.kind
        if self._app is None and self._user is None:
            return _untold(name, f"Not known whether the application is registered as {kind}.")
        return _works(name, f"The application works as {kind}.")

    def _customers(self, source: PartnerCenter) -> list[ProbeResult]:
        name = ProbeName.LIST_CUSTOMERS
        try:
            page = source.list_tenants(None)
        except ProviderError as error:
            return [self._account_behind(error), _failed(name, error)]
        account = _works(ProbeName.PARTNER_ACCOUNT, "The partner's account has API access.")
        listed = _works(name, f"The first page lists {len(page.records)} customers.")
        return [account, listed, *self._one_customer(source, page)]

    def _one_customer(self, source: PartnerCenter, page: TenantPage) -> list[ProbeResult]:
        record, billing = ProbeName.READ_CUSTOMER, ProbeName.READ_BILLING
        customers = [each for each in page.records if each.relationship is Relationship.RESELLER]
        self._customer_ids = [each.external_id for each in customers]
        first = next(iter(customers), None)
        if first is None:
            none = "Not tested: the first page lists no customer of the reseller kind."
            return [_untold(record, none), _untold(billing, none)]
        try:
            details = source.read_tenant(first.external_id)
        except ProviderError as error:
            return [
                _failed(record, error),
                _untold(billing, "Not tested: the customer was not readable."),
            ]
        read = _works(record, "One customer's record was read. " + " ".join(details.missing))
        if details.contact.is_empty:
            return [read, _untold(billing, "That customer shows no primary contact.")]
        return [read, _works(billing, "That customer's billing profile names a primary contact.")]

    def _account_behind(self, error: ProviderError) -> ProbeResult:
        name = ProbeName.PARTNER_ACCOUNT
        if error.code in _NO_PROGRAM or (isinstance(error, AuthFailed | ConsentMissing) and self._has_providers()):
            return _lacks(name, _INDIRECT_RESELLER, _OTHER_ACCOUNT)
        return _untold(name, "Not known: the customers could not be listed.")

    def _has_providers(self) -> bool:
        """Whether the account is a reseller under an indirect provider. Only a signed-in user may ask."""
        if self._user is None:
            return False
        path = "/v1/relationships?relationship_type=IsIndirectResellerOf"
        try:
            return self._calls(self._user).get(path, _has_items, correlation_id=str(uuid4()))
        except ProviderError:
            # An account that may not even ask this tells nothing; the listing's own error is shown.
            return False

    def _people(self, tokens: TokenSource) -> ProbeResult:
        """Try the first customers until the people of one are shown: most give no delegated role."""
        name = ProbeName.READ_PEOPLE
        people = PartnerCenterPeople(
            self._endpoints, tokens, Unlimited(), self._http, patience=self._patience
        )  # fmt: skip
        closed = ""
        for customer in self._customer_ids[:_MOST_TRIED]:
            try:
                people.list_users(customer, None)
            except (ConsentMissing, NotFound) as error:
                if error.stops_run:
                    return _failed(name, error)
                closed = error.message
            except ProviderError as error:
                return _failed(name, error)
            else:
                return _works(name, "The people of one customer were read.")
        if not closed:
            return _untold(name, "Not tested: there is no customer of the reseller kind.")
        return _untold(name, f"The first customers give no delegated role. {closed}", _ASK_FOR_ROLE)

    def _mfa(self, tokens: TokenSource) -> ProbeResult:
        name = ProbeName.MFA
        try:
            said = self._calls(tokens).get_answer(
                "/v1/customers?size=1",
                _mfa_compliance,
                correlation_id=str(uuid4()),
                headers={"ValidateMfa": "true"},
            )
        except ProviderError as error:
            return _failed(name, error)
        if said == "true":
            return _works(name, "Partner Center accepts the sign-in as multifactor.")
        if said == "false":
            again = "Run `tenantry connect microsoft` again and sign in with multifactor authentication."
            return _lacks(name, "The service user signed in without multifactor authentication.", again)
        return _untold(name, "Partner Center did not say whether the sign-in was multifactor.")

    def _calls(self, tokens: TokenSource) -> Calls:
        return Calls(
            api=self._endpoints.api,
            tokens=tokens,
            budget=Unlimited(),
            http=self._http,
            concurrency=AdaptiveConcurrency(),
            patience=self._patience,
        )


def _has_items(value: Any) -> bool:
    items = pick(value, "items") if isinstance(value, dict) else None
    return isinstance(items, list) and bool(items)


def _mfa_compliance(answer: Answer) -> str:
    return answer.headers.get("ismfacompliant", "").strip().lower()

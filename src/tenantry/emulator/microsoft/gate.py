"""Who may call: the checks of a bearer token that come before every operation of the API."""

from dataclasses import dataclass

from tenantry.emulator.jwts import TokenError
from tenantry.emulator.messages import Answer, Request
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.microsoft.registrations import PARTNER_CENTER_ID, Directory
from tenantry.emulator.microsoft.switches import Account, MfaRefusal, Switches
from tenantry.emulator.microsoft.tokens import TokenMint


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called: ``mode`` is ``app`` or ``user``; ``has_mfa`` is what the token shows (always true for an app)."""

    mode: str
    has_mfa: bool


class Gate:
    """Checks bearer tokens for one partner's directory."""

    def __init__(self, directory: Directory, mint: TokenMint, switches: Switches) -> None:
        self._directory = directory
        self._mint = mint
        self._switches = switches

    def caller(self, request: Request) -> Caller:
        """Return who is calling, noting the mode in ``request``. Raises ``ApiRefusal``."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refuse.no_token()
        try:
            claims = self._mint.verified(token)
        except TokenError as problem:
            raise refuse.bad_token(str(problem)) from problem
        caller = Caller("user" if "scp" in claims else "app", "scp" not in claims or "mfa" in claims.get("amr", ()))
        request.mode = caller.mode
        if claims.get("aud") not in {self._directory.audience, PARTNER_CENTER_ID}:
            raise refuse.wrong_audience()
        if claims.get("tid") != self._directory.tenant_id:
            raise refuse.bad_token("The token is of another tenant.")
        self._check_standing(caller)
        return caller

    def _check_standing(self, caller: Caller) -> None:
        if self._switches.mfa_enforced and not caller.has_mfa:
            empty = self._switches.mfa_refusal is MfaRefusal.EMPTY
            raise refuse.no_mfa_empty() if empty else refuse.no_mfa()
        if self._switches.account is Account.INDIRECT_RESELLER:
            raise refuse.program_inactive()
        if caller.mode == "user" and not self._switches.agent:
            raise refuse.not_an_agent()

    def note_mfa(self, request: Request, answer: Answer) -> None:
        """Answer the probe ``ValidateMfa: true`` of a user's request with the header ``isMfaCompliant``."""
        if request.headers.get("validatemfa", "").lower() != "true" or request.mode != "user":
            return
        claims = self._mint.verified(request.headers["authorization"].partition(" ")[2])
        answer.headers.append(("isMfaCompliant", "true" if "mfa" in claims.get("amr", ()) else "false"))

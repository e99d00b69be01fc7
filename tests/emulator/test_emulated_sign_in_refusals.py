"""How the sign-in refuses: Entra's numbers and words, so that a client can tell what an operator must do."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import APP_SCOPE, AUDIENCE, USER_SCOPE, Partner

from tenantry.emulator.certificates import prepare

Form = dict[str, str]


def app_form(partner: Partner, **changes: str) -> Form:
    web = partner.emulator.web_application
    form = {"grant_type": "client_credentials", "client_id": web.client_id, "client_secret": web.secret}
    return {**form, "scope": APP_SCOPE[0], **changes}


def user_form(partner: Partner, token: str | None = None) -> Form:
    web = partner.emulator.web_application
    return {
        "grant_type": "refresh_token",
        "client_id": web.client_id,
        "client_secret": web.secret,
        "refresh_token": token or partner.emulator.refresh_token(),
        "scope": f"{USER_SCOPE[0]} offline_access",
    }


def test_a_refusal_has_the_body_that_entra_sends(partner: Partner) -> None:
    answer = partner.post_token(app_form(partner, client_secret="wrong"))
    body = answer.json()
    assert answer.status_code == 401
    assert body.keys() == {
        "error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri",
    }  # fmt: skip
    assert body["error"] == "invalid_client"
    assert body["error_description"].startswith("AADSTS7000215: Invalid client secret provided.")
    assert f"\r\nTrace ID: {body['trace_id']}\r\nCorrelation ID: " in body["error_description"]
    assert body["error_uri"].endswith("/error?code=7000215")


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "5a0e0000-0000-4000-8000-000000000000"}, 400, "unauthorized_client", 700016),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": f"{AUDIENCE}/user_impersonation"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://nobody.example/.default"}, 400, "invalid_resource", 500011),
        ({"client_assertion": "x.y.z"}, 400, "invalid_request", 900144),
    ],
)
def test_requests_of_the_application_are_refused_with_entras_numbers(
    partner: Partner, changes: Form, status: int, error: str, code: int
) -> None:
    answer = partner.post_token(app_form(partner, **changes))
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])


def test_an_expired_secret_is_told_from_a_wrong_one(partner: Partner) -> None:
    partner.emulator.switches.secret_expired = True
    assert partner.post_token(app_form(partner)).json()["error_codes"] == [7000222]
    assert partner.post_token(app_form(partner, client_secret="wrong")).json()["error_codes"] == [7000215]


def test_unknown_tenants_and_customers_tenants_are_told_apart(partner: Partner) -> None:
    unknown = partner.post_token(app_form(partner), tenant=str(uuid.uuid4())).json()
    customer = partner.post_token(app_form(partner), tenant=partner.emulator.world.tenant_id(5)).json()
    assert (unknown["error_codes"], customer["error_codes"]) == ([90002], [700016])


def test_a_native_application_cannot_act_for_itself(partner: Partner) -> None:
    native = partner.emulator.native_application.client_id
    bare = app_form(partner, client_id=native)
    del bare["client_secret"]
    assert partner.post_token(bare).json()["error_codes"] == [7000218]
    assert partner.post_token(app_form(partner, client_id=native)).json()["error_codes"] == [700025]


Break = Callable[[Partner], str]


def expired(partner: Partner) -> str:
    return partner.emulator.refresh_token(age_days=91)


def revoked(partner: Partner) -> str:
    token = partner.emulator.refresh_token()
    partner.emulator.revoke_refresh_tokens()
    return token


def without_mfa(partner: Partner) -> str:
    partner.emulator.switches.mfa_required = True
    return partner.emulator.refresh_token(mfa=False)


def without_consent(partner: Partner) -> str:
    partner.emulator.switches.user_consent = False
    return partner.emulator.refresh_token()


def of_another_application(partner: Partner) -> str:
    return partner.emulator.refresh_token(partner.emulator.native_application)


def made_up(_partner: Partner) -> str:
    return "0.AXkmade-up.token"


@pytest.mark.parametrize(
    ("breaking", "code"),
    [
        (expired, 700082),
        (revoked, 50173),
        (without_mfa, 50076),
        (without_consent, 65001),
        (of_another_application, 9002313),
        (made_up, 9002313),
    ],
)
def test_refresh_tokens_are_refused_as_invalid_grants(partner: Partner, breaking: Break, code: int) -> None:
    answer = partner.post_token(user_form(partner, breaking(partner)))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.json()["error_codes"] == [code]


def test_msal_sees_an_expired_refresh_token_as_an_answer_and_not_as_a_crash(partner: Partner) -> None:
    answer = partner.msal_web().acquire_token_by_refresh_token(expired(partner), USER_SCOPE)
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [700082])


def test_an_exchanged_refresh_token_stays_good_for_its_grace_only(partner: Partner) -> None:
    form = user_form(partner)
    assert partner.post_token(form).status_code == 200
    assert partner.post_token(form).status_code == 200
    partner.emulator.clock.advance(86_401)
    assert partner.post_token(form).json()["error_codes"] == [54005]


def test_the_grace_can_be_none_at_all_or_without_end(partner: Partner) -> None:
    partner.emulator.switches.refresh_grace = 0
    form = user_form(partner)
    assert partner.post_token(form).status_code == 200
    assert partner.post_token(form).json()["error_codes"] == [54005]
    partner.emulator.switches.refresh_grace = None
    assert partner.post_token(form).status_code == 200


def assertion(partner: Partner, key: str, **changes: Any) -> Form:
    web = partner.emulator.web_application
    now = int(time.time())
    claims = {
        "aud": f"{partner.authority}/oauth2/v2.0/token", "iss": web.client_id, "sub": web.client_id,
        "exp": now + 600, "nbf": now, "jti": str(uuid.uuid4()), **changes,
    }  # fmt: skip
    thumbprint = changes.pop("x5t", min(web.thumbprints()))
    token = jwt.encode(claims, key, algorithm="RS256", headers={"x5t": thumbprint})
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = app_form(partner, client_assertion=token, client_assertion_type=kind)
    del form["client_secret"]
    return form


def test_a_signed_assertion_is_checked_in_every_part(
    partner: Partner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = partner.emulator.web_application.private_key
    stranger = prepare(tmp_path_factory.mktemp("stranger")).application_key
    assert partner.post_token(assertion(partner, key)).status_code == 200
    refused = {
        "signature": assertion(partner, stranger),
        "unregistered": assertion(partner, key, x5t="AAAA"),
        "audience": assertion(partner, key, aud="https://login.example/token"),
        "issuer": assertion(partner, key, iss="somebody"),
        "no number": assertion(partner, key, nbf=None),
    }
    codes = {name: partner.post_token(form).json()["error_codes"] for name, form in refused.items()}
    assert all(found == [700027] for found in codes.values()), codes
    stale = assertion(partner, key, exp=int(time.time()) - 4000)
    assert partner.post_token(stale).json()["error_codes"] == [700024]


def test_paths_that_entra_does_not_have_are_counted(start: Starting) -> None:
    partner = start()
    assert partner.login.client.get(f"{partner.authority}/oauth2/v3.0/token").status_code == 404
    assert partner.emulator.counters.unknown == {"GET /{id}/oauth2/v3.0/token": 1}

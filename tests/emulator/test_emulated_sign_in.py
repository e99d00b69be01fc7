"""Signing in as msal does it, and as the documentation's v1 endpoint has it."""

import html
import json
import re
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.emulator.conftest import Starting
from tests.emulator.partner import APP_SCOPE, AUDIENCE, USER_SCOPE, Partner

from tenantry.emulator.jwts import decode_part


def claims(token: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(decode_part(token.split(".")[1]))
    return content


def test_msal_signs_the_application_in_with_its_secret(partner: Partner) -> None:
    answer = partner.msal_web().acquire_token_for_client(APP_SCOPE)
    found = claims(answer["access_token"])
    assert found["aud"] == AUDIENCE
    assert found["iss"] == f"https://sts.windows.net/{partner.emulator.partner_tenant_id}/"
    assert (found["appid"], found["appidacr"]) == (partner.emulator.web_application.client_id, "1")
    assert found["ver"] == "1.0"
    assert not {"scp", "upn", "amr"} & found.keys()
    assert not {"refresh_token", "id_token", "scope"} & answer.keys()
    assert answer["expires_in"] == 3599


def test_msal_signs_the_application_in_with_its_certificate(partner: Partner) -> None:
    web = partner.emulator.web_application
    credential = {"private_key": web.private_key, "public_certificate": web.certificate}
    answer = partner.msal_web(credential).acquire_token_for_client(APP_SCOPE)
    assert claims(answer["access_token"])["appidacr"] == "2"


def test_msal_exchanges_a_refresh_token_for_a_users_token_and_a_new_refresh_token(partner: Partner) -> None:
    first = partner.emulator.refresh_token()
    answer = partner.msal_web().acquire_token_by_refresh_token(first, USER_SCOPE)
    found = claims(answer["access_token"])
    assert found["scp"] == "user_impersonation"
    assert "mfa" in found["amr"]
    assert found["upn"] == partner.emulator.service_user.upn
    assert found["oid"] == partner.emulator.service_user.object_id
    assert answer["refresh_token"] not in {"", first}
    again = partner.msal_web().acquire_token_by_refresh_token(answer["refresh_token"], USER_SCOPE)
    assert "access_token" in again


def test_v1_writes_numbers_as_strings_and_v2_as_numbers(partner: Partner) -> None:
    web = partner.emulator.web_application
    form = {"grant_type": "client_credentials", "client_id": web.client_id, "client_secret": web.secret}
    old = partner.post_token({**form, "resource": AUDIENCE}, path="oauth2/token").json()
    new = partner.post_token({**form, "scope": f"{AUDIENCE}/.default"}).json()
    assert (old["expires_in"], new["expires_in"]) == ("3599", 3599)
    assert int(old["expires_on"]) - int(old["not_before"]) == 3599
    assert old["resource"] == AUDIENCE
    refresh = {**form, "grant_type": "refresh_token", "refresh_token": partner.emulator.refresh_token()}
    user = partner.post_token({**refresh, "resource": AUDIENCE, "scope": "openid"}, path="oauth2/token").json()
    assert user["scope"] == "user_impersonation"
    assert user["refresh_token"]
    assert claims(user["id_token"])["aud"] == web.client_id


def test_v2_gives_a_new_refresh_token_only_with_offline_access(partner: Partner) -> None:
    web = partner.emulator.web_application
    form = {"grant_type": "refresh_token", "client_id": web.client_id, "client_secret": web.secret}
    form["refresh_token"] = partner.emulator.refresh_token()
    assert "refresh_token" not in partner.post_token({**form, "scope": USER_SCOPE[0]}).json()
    assert "refresh_token" in partner.post_token({**form, "scope": f"{USER_SCOPE[0]} offline_access"}).json()


@pytest.mark.parametrize("authority", ["{tenant}", "{domain}", "organizations", "common"])
def test_the_discovery_document_is_served_for_every_form_of_authority(partner: Partner, authority: str) -> None:
    directory = partner.emulator.directory
    place = authority.format(tenant=directory.tenant_id, domain=directory.domain)
    url = f"{partner.emulator.login_url}/{place}/v2.0/.well-known/openid-configuration"
    found = partner.login.client.get(url).json()
    assert found["token_endpoint"] == f"{partner.emulator.login_url}/{place}/oauth2/v2.0/token"
    assert partner.login.client.get(found["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


def start_flow(application: Any, back: str = "http://localhost:8123/back") -> Any:
    return application.initiate_auth_code_flow(USER_SCOPE, redirect_uri=back, response_mode="form_post")


def posted_fields(page: str) -> dict[str, str]:
    """What a form_post page would send back to the application."""
    return {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}


def test_the_authorize_page_posts_back_a_code_that_msal_redeems_once(partner: Partner) -> None:
    application = partner.msal_web()
    flow = start_flow(application)
    page = partner.login.client.get(flow["auth_uri"]).text
    assert 'action="http://localhost:8123/back"' in page
    fields = posted_fields(page)
    answer = application.acquire_token_by_auth_code_flow(flow, fields)
    assert claims(answer["access_token"])["amr"] == ["pwd", "mfa"]
    assert answer["refresh_token"]
    again = application.acquire_token_by_auth_code_flow(flow, fields)
    assert again["error_codes"] == [54005]


def test_the_authorize_page_redirects_at_once_when_asked_for_a_query(partner: Partner) -> None:
    asked = {
        "client_id": partner.emulator.native_application.client_id, "response_type": "code", "state": "abc",
        "redirect_uri": "http://localhost:8123/back?kept=1", "scope": USER_SCOPE[0],
    }  # fmt: skip
    sent = partner.login.client.get(f"{partner.authority}/oauth2/v2.0/authorize", params=asked)
    assert sent.status_code == 302
    back = urlsplit(sent.headers["location"])
    fields = parse_qs(back.query)
    assert (back.hostname, back.port, back.path) == ("localhost", 8123, "/back")
    assert (fields["kept"], fields["state"]) == (["1"], ["abc"])
    form = {
        "grant_type": "authorization_code", "client_id": asked["client_id"], "code": fields["code"][0],
        "redirect_uri": asked["redirect_uri"],
    }  # fmt: skip
    assert claims(partner.post_token(form).json()["access_token"])["appidacr"] == "0"


def test_a_code_is_bound_to_its_verifier_and_its_redirect(partner: Partner) -> None:
    web = partner.emulator.web_application
    for wrong, code in (({"code_verifier": "other"}, 501481), ({"redirect_uri": "http://localhost:1/x"}, 50011)):
        flow = start_flow(partner.msal_web())
        form = {
            "grant_type": "authorization_code",
            "client_id": web.client_id,
            "client_secret": web.secret,
            "code": posted_fields(partner.login.client.get(flow["auth_uri"]).text)["code"],
            "redirect_uri": flow["redirect_uri"],
            "code_verifier": flow["code_verifier"],
        }
        assert partner.post_token({**form, **wrong}).json()["error_codes"] == [code]


def test_the_authorize_page_sends_nobody_to_a_foreign_address(partner: Partner) -> None:
    flow = start_flow(partner.msal_web(), "https://attacker.example/")
    answer = partner.login.client.get(flow["auth_uri"])
    assert answer.status_code == 400
    assert "AADSTS50011" in answer.text


def test_the_sign_in_page_offers_the_three_ways_a_sign_in_can_end(partner: Partner) -> None:
    partner.emulator.switches.sign_in_page = True
    flow = start_flow(partner.msal_web())
    page = partner.login.client.get(flow["auth_uri"]).text
    hidden = posted_fields(page.split("<button")[0])
    ends = {}
    for decision in ("mfa", "password", "decline"):
        url = flow["auth_uri"].split("?")[0]
        answer = partner.login.client.post(url, data={**hidden, "decision": decision})
        ends[decision] = posted_fields(answer.text)
    assert "code" in ends["mfa"]
    assert "code" in ends["password"]
    assert "error" in ends["decline"]


def test_a_native_application_signs_in_with_a_device_code(start: Starting) -> None:
    partner = start()
    partner.emulator.switches.device_interval = 1
    application = partner.msal_native()
    flow = application.initiate_device_flow(USER_SCOPE)
    assert flow["user_code"] in partner.control("GET", "/state")["device_codes"]
    waiting = application.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)
    assert waiting["error"] == "authorization_pending"
    approving = threading.Timer(
        0.1, partner.control, ("POST", "/device", {"user_code": flow["user_code"], "action": "approve"})
    )
    approving.start()
    answer = application.acquire_token_by_device_flow(flow)
    approving.join()
    found = claims(answer["access_token"])
    assert (found["appidacr"], found["scp"]) == ("0", "user_impersonation")
    assert answer["refresh_token"]


def test_a_device_code_can_be_entered_by_hand_and_declined(partner: Partner) -> None:
    application = partner.msal_native()
    flow = application.initiate_device_flow(USER_SCOPE)
    page: httpx2.Response = partner.login.client.get(flow["verification_uri"])
    assert "<form" in page.text
    entered = partner.login.client.post(flow["verification_uri"], data={"otc": "WRONGCODE", "decision": "mfa"})
    assert entered.status_code == 400
    partner.login.client.post(flow["verification_uri"], data={"otc": flow["user_code"], "decision": "decline"})
    answer = application.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)
    assert answer["error"] == "authorization_declined"


def test_v1_has_device_codes_too(partner: Partner) -> None:
    client_id = partner.emulator.native_application.client_id
    url = f"{partner.authority}/oauth2/devicecode"
    device = partner.login.client.post(url, data={"client_id": client_id, "resource": AUDIENCE}).json()
    assert (device["expires_in"], device["interval"]) == ("900", "5")
    partner.control("POST", "/device", {"user_code": device["user_code"]})
    form = {"grant_type": "device_code", "client_id": client_id, "code": device["device_code"], "resource": AUDIENCE}
    assert claims(partner.post_token(form, path="oauth2/token").json()["access_token"])["aud"] == AUDIENCE


def test_refresh_tokens_and_keys_outlive_a_restart(start: Starting) -> None:
    token = start().emulator.refresh_token()
    second = start()
    assert "access_token" in second.msal_web().acquire_token_by_refresh_token(token, USER_SCOPE)

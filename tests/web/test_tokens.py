"""The pages of API tokens: who makes them, what is shown once, what is kept, and what revoking does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.accounts.models import Account, ApiToken
from tenantry.accounts.tokens import MARK, TokenRefused, count_use, find_token, make_token
from tenantry.audit.models import INSTALLATION, Event
from tenantry.core.token_scopes import TokenScope
from tenantry.isolation.scope import marketplace_scope

SECRET = re.compile(rf"{MARK}[\w-]{{43}}")


def _make(cast: Cast, who: str = "owner", address: str = "/settings/tokens/", **fields: Any) -> Any:
    sent = {"name": "Billing", "scopes": ["companies:read", "pending:read"], "days": "90", **fields}
    return cast.client(who).post(address, sent)


def test_a_token_is_shown_once_and_only_its_digest_is_kept(cast: Cast) -> None:
    answer = _make(cast)
    (secret,) = set(SECRET.findall(answer.content.decode()))
    assert answer["Cache-Control"] == "no-store"
    page = cast.client("owner").get("/settings/tokens/").content.decode()
    assert "Billing" in page
    assert secret[:10] in page
    assert secret not in page
    found = find_token(secret)
    assert found is not None
    assert (found.marketplace_id, found.account_id) == (cast.northwind.pk, cast.accounts["owner"].pk)
    assert found.scopes == {TokenScope.READ_COMPANIES, TokenScope.READ_PENDING}
    assert timedelta(days=89) < found.expires_at - timezone.now() <= timedelta(days=90)
    with marketplace_scope(cast.northwind.pk):
        row = ApiToken.objects.get()
        assert secret.encode() not in bytes(row.digest)
        event = Event.objects.get(action="accounts.token.made")
    assert secret not in f"{event.before}{event.after}{event.target_name}"
    assert event.actor_name == "Max Owner"


def test_a_revoked_token_is_found_no_more_and_says_so_on_the_page(cast: Cast) -> None:
    (secret,) = set(SECRET.findall(_make(cast).content.decode()))
    with marketplace_scope(cast.northwind.pk):
        pk = ApiToken.objects.get().pk
    assert cast.client("stranger").post(f"/settings/tokens/{pk}/revoke/").status_code == 404
    assert find_token(secret) is not None
    cast.client("owner").post(f"/settings/tokens/{pk}/revoke/")
    assert find_token(secret) is None
    again = cast.client("owner").post(f"/settings/tokens/{pk}/revoke/", follow=True)
    assert "It was revoked before." in text_of(again)
    assert "revoked" in text_of(again)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "This field is required."),
        ({"scopes": []}, "Choose at least one thing that it is for."),
        ({"scopes": ["installation"]}, "not one of the available choices"),
        ({"days": "5000"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_token_says_why(cast: Cast, fields: dict[str, Any], sentence: str) -> None:
    answer = _make(cast, **fields)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    with marketplace_scope(cast.northwind.pk):
        assert not ApiToken.objects.exists()


def test_operators_make_tokens_of_the_installation_and_of_the_marketplace_they_entered(cast: Cast) -> None:
    answer = _make(cast, "operator", "/operator/tokens/", scopes=["installation"])
    (secret,) = set(SECRET.findall(answer.content.decode()))
    found = find_token(secret)
    assert found is not None
    assert found.installation
    assert ApiToken.objects.get().marketplace_id == INSTALLATION
    cast.enter("operator", cast.contoso)
    (other,) = set(SECRET.findall(_make(cast, "operator").content.decode()))
    found = find_token(other)
    assert found is not None
    assert found.marketplace_id == cast.contoso.pk
    assert _make(cast, "operator", "/operator/tokens/").status_code == 422  # scopes of a marketplace


def test_an_account_that_is_not_active_has_no_token_and_uses_are_counted_by_the_minute(cast: Cast) -> None:
    now = timezone.now().replace(second=30)
    owner = cast.accounts["owner"]
    with marketplace_scope(cast.northwind.pk):
        token, secret = make_token(
            account_id=owner.pk, marketplace_id=cast.northwind.pk, name="x", scopes=[TokenScope.READ_RUNS],
            expires_at=now + timedelta(days=1), actor=cast.actor("owner"), now=now,
        )  # fmt: skip
        with pytest.raises(TokenRefused, match="at most 366 days"):
            make_token(
                account_id=owner.pk, marketplace_id=cast.northwind.pk, name="x", scopes=[TokenScope.READ_RUNS],
                expires_at=now + timedelta(days=400), actor=cast.actor("owner"), now=now,
            )  # fmt: skip
    minute = now.replace(second=0, microsecond=0)
    uses = [count_use(token.pk, window_at=minute + timedelta(minutes=after), now=now) for after in (0, 0, 1, 0)]
    assert [use.asked for use in uses] == [1, 2, 1, 2]  # a slow clock does not open an earlier minute again
    assert [use.former for use in uses] == [None, now, now, now]
    Account.objects.filter(pk=owner.pk).update(is_active=False)
    assert find_token(secret) is None
    assert find_token("tnt_\udc80") is None
    assert find_token("") is None

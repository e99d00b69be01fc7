"""Who may accept an invitation, as a table; and the delays of sending."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tenantry.core.invitations import InvitationFacts, Standing, judge, looks_like_user_name, retry_after

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPEN = InvitationFacts(
    state="sent", expires_at=NOW + timedelta(days=1), replaced=False, address_changed=False, membership_active=True,
    company_disabled=False, account_id=None, taken_by_other=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "visitor", "expected"),
    [
        (OPEN, None, Standing.SET_UP),
        (replace(OPEN, state="bounced"), None, Standing.SET_UP),
        (OPEN, 7, Standing.WRONG_ACCOUNT),
        (replace(OPEN, account_id=7), None, Standing.SIGN_IN),
        (replace(OPEN, account_id=7), 7, Standing.ACCEPT),
        (replace(OPEN, account_id=7), 8, Standing.WRONG_ACCOUNT),
        (replace(OPEN, account_id=7, taken_by_other=True), 7, Standing.OTHER_PERSON),
        (replace(OPEN, expires_at=NOW), None, Standing.EXPIRED),
        (replace(OPEN, state="expired"), None, Standing.EXPIRED),
        (replace(OPEN, state="revoked"), None, Standing.REVOKED),
        (replace(OPEN, state="revoked", replaced=True), None, Standing.REPLACED),
        (replace(OPEN, address_changed=True), None, Standing.REPLACED),
        (replace(OPEN, membership_active=False), None, Standing.REVOKED),
        (replace(OPEN, company_disabled=True), 7, Standing.COMPANY_DISABLED),
        (replace(OPEN, state="accepted", expires_at=NOW), 7, Standing.ACCEPTED),
    ],
)
def test_an_invitation_is_worth_what_the_table_says(
    facts: InvitationFacts, visitor: int | None, expected: Standing
) -> None:
    assert judge(facts, visitor=visitor, now=NOW) is expected
    assert expected.is_open == (expected in {Standing.SET_UP, Standing.SIGN_IN, Standing.ACCEPT})


def test_sending_waits_longer_with_each_failure_and_never_stops() -> None:
    delays = [retry_after(attempts) for attempts in range(40)]
    assert delays == sorted(delays)
    assert delays[1] == timedelta(minutes=1)
    assert delays[-1] == timedelta(hours=4)


def test_a_user_name_of_microsoft_is_no_address_until_somebody_says_so() -> None:
    assert looks_like_user_name("Anna@Alpine.OnMicrosoft.com")
    assert not looks_like_user_name("anna@alpine.example")
    assert not looks_like_user_name("anna@notonmicrosoft.com")

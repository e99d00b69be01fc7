"""Writes about logins: making one, its name and language. Identities are in ``identities``."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from tenantry.accounts.models import Account
from tenantry.accounts.telling import account_subject
from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event

_LONGEST_ADDRESS = 254
_LONGEST_NAME = 200


class UnableToCreateAccount(Exception):
    """The account can't be made. The message is a sentence for the person who tried."""


class PasswordTooWeak(UnableToCreateAccount):
    """The password is refused; the message says why."""


def create_account(
    *, email: str, name: str, password: str | None, is_operator: bool, now: datetime, language: str = ""
) -> Account:
    """Create a login; without a password it can sign in by a bound identity only.

    Raises :class:`UnableToCreateAccount` for a bad address or a taken one, :class:`PasswordTooWeak`.
    """
    email = email.strip().lower()
    if not is_address(email):
        raise UnableToCreateAccount(f"{email[:80]!r} is not an e-mail address.")
    if Account.objects.filter(email=email).exists():
        raise UnableToCreateAccount(f"There is already an account with the address {email}.")
    name = name.strip()[:_LONGEST_NAME]
    account = Account(email=email, name=name, is_operator=is_operator, language=language, created_at=now)
    _set_password(account, password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:  # another request made it a moment ago
        raise UnableToCreateAccount(f"There is already an account with the address {email}.") from error
    return account


@transaction.atomic
def edit_account(
    *, account_id: int, name: str, language: str, actor: Actor, now: datetime, request_id: str = ""
) -> None:
    """Change what a login is called, and the language of letters to it. Outside any marketplace's scope."""
    account = Account.objects.select_for_update().get(pk=account_id)
    fresh = {"name": name.strip()[:_LONGEST_NAME], "language": language}
    before = {field: getattr(account, field) for field in fresh}
    if before == fresh:
        return
    Account.objects.filter(pk=account_id).update(**fresh)
    happening = Happening(
        "accounts.account.edited", Target("account", str(account_id)), personal={"before": before, "after": fresh},
        person=account_subject(account_id),
    )  # fmt: skip
    record_event(happening, actor=actor, now=now, request_id=request_id)


def _set_password(account: Account, password: str | None) -> None:
    if password is None:
        account.set_unusable_password()
        return
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise PasswordTooWeak(" ".join(error.messages)) from error
    account.set_password(password)


def is_address(email: str) -> bool:
    """Whether this is an e-mail address that an account may have."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= _LONGEST_ADDRESS

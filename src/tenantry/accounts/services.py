"""Writes about logins."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from tenantry.accounts.models import Account

_LONGEST_ADDRESS = 254
_LONGEST_NAME = 200


class UnableToCreateAccount(Exception):
    """The account can't be made. The message is a sentence for the person who tried."""


def create_account(*, email: str, name: str, password: str, is_operator: bool, now: datetime) -> Account:
    """Create a login. Raises :class:`UnableToCreateAccount` for a bad address, a weak password or a taken address."""
    email = email.strip().lower()
    if not _is_address(email):
        raise UnableToCreateAccount(f"{email[:80]!r} is not an e-mail address.")
    if Account.objects.filter(email=email).exists():
        raise UnableToCreateAccount(f"There is already an account with the address {email}.")
    account = Account(email=email, name=name.strip()[:_LONGEST_NAME], is_operator=is_operator, created_at=now)
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise UnableToCreateAccount(" ".join(error.messages)) from error
    account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:  # another request made it a moment ago
        raise UnableToCreateAccount(f"There is already an account with the address {email}.") from error
    return account


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= _LONGEST_ADDRESS

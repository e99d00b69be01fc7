"""The login. A person of a marketplace is a User (``marketplace``); an Account is what they sign in with."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by e-mail, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Return the account that signs in with this address."""
        return self.get(email=(username or "").lower())


class Account(AbstractBaseUser):
    """A login with a password. ``is_operator`` marks the people who run the installation."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="account_email_in_lower_case")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the person's name, or the address when nobody gave one."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return what to call the person in the top bar."""
        return self.get_full_name()

    @property
    def is_staff(self) -> bool:
        """Django's word; nobody has its admin pages here."""
        return False

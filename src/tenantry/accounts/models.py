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
    """A login: with a password, or with identities elsewhere. ``is_operator`` marks who runs the installation."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True, default="", db_default="")
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


class Identity(models.Model):
    """Somebody at a provider of single sign-on, bound to an account by issuer, tenant and subject; never by e-mail.

    ``tenant`` is empty where a provider has none. ``shown_as`` is what the provider called the person when it was
    bound: for reading only.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=40)
    issuer = models.CharField(max_length=300)
    tenant = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=255)
    shown_as = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "tenant", "subject"], name="one_account_per_identity")]


class OwnedTokens(models.Manager["ApiToken"]):
    """Tokens; row-level security shows those of the running scope, or the installation's outside any."""


class ApiToken(models.Model):
    """A key to the REST API, in the name of an account and for one marketplace; marketplace 0 is the installation.

    Of the secret only its SHA-256 ``digest`` is kept, and ``prefix``, by which people tell tokens apart. ``scopes`` are
    values of ``core.token_scopes.TokenScope``.
    """

    marketplace_id = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    objects: ClassVar[OwnedTokens] = OwnedTokens()

    class Meta:
        indexes = [models.Index(fields=["marketplace_id", "created_at", "id"], name="token_by_marketplace")]


class TokenUse(models.Model):
    """How often a token was used in the minute that began at ``window_at``, and when last. Says nothing of what for."""

    token_id = models.BigIntegerField(primary_key=True)
    window_at = models.DateTimeField()
    asked = models.IntegerField()
    last_used_at = models.DateTimeField()

"""The Django app of logins."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts."""

    name = "tenantry.accounts"

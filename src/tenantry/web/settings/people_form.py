"""What the Sync settings page sends about User Sync, for each provider that an operator allows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from tenantry.connections.models import Provider
from tenantry.core.user_settings import GivenRole, Leavers, ScopeRules, UserSettings, read_scope
from tenantry.sync.user_settings import UserSyncSwitches

_MOST_VERSIONS = 2**31 - 1
_LONGEST = 20_000
_LATER = 1  # the precedence of the provider that comes second


class UserSyncForm(forms.Form):
    """One provider's settings. ``version_of`` is the version that the person saw; a switch that is not sent is off."""

    version_of = forms.IntegerField(min_value=0, max_value=_MOST_VERSIONS)
    user_sync = forms.BooleanField(required=False)
    invite_automatically = forms.BooleanField(required=False)
    role = forms.ChoiceField(choices=[(each.value, each.value) for each in GivenRole])
    licensed_only = forms.BooleanField(required=False)
    no_guests = forms.BooleanField(required=False)
    no_disabled = forms.BooleanField(required=False)
    domains = forms.CharField(required=False, max_length=_LONGEST)
    org_units = forms.CharField(required=False, max_length=_LONGEST)
    leavers = forms.ChoiceField(choices=[(each.value, each.value) for each in Leavers])

    def clean(self) -> dict[str, Any]:
        """Read the rules of the scope."""
        cleaned = super().clean() or self.cleaned_data
        rules = ScopeRules(**{name: cleaned.get(name, False) for name in ("licensed_only", "no_guests", "no_disabled")})
        read = read_scope(rules, domains=cleaned.get("domains", ""), org_units=cleaned.get("org_units", ""))
        for name, sentence in read.errors.items():
            self.add_error(name, sentence)
        cleaned["scope"] = read.rules
        return cleaned

    @property
    def was_changed_on_the_way(self) -> bool:
        """Whether the page could not have sent this."""
        return not {"version_of", "role", "leavers"}.isdisjoint(self.errors)

    def wanted(self, *, precedence: int) -> UserSettings:
        """Return the settings as sent."""
        sent = self.cleaned_data
        return UserSettings(
            user_sync=sent["user_sync"], invite_automatically=sent["invite_automatically"],
            role=GivenRole(sent["role"]), scope=sent["scope"], leavers=Leavers(sent["leavers"]), precedence=precedence,
        )  # fmt: skip


class SentPeople:
    """All that the page sent about User Sync: a form for each provider that is allowed and was on the page."""

    def __init__(self, sent: QueryDict, switches: Mapping[Provider, UserSyncSwitches]) -> None:
        self.sent = sent
        self.switches = switches
        self.forms = {
            provider: UserSyncForm(sent, prefix=provider.value)
            for provider, each in switches.items()
            if each.allowed and f"{provider.value}-version_of" in sent
        }

    @property
    def was_changed_on_the_way(self) -> bool:
        """Whether the page could not have sent this."""
        return any(form.was_changed_on_the_way for form in self.forms.values())

    @property
    def errors(self) -> dict[str, Any]:
        """What can't be saved, by the names of the page's fields."""
        return {
            f"{provider.value}-{name}": sentences
            for provider, form in self.forms.items()
            for name, sentences in form.errors.items()
        }

    def wanted(self) -> dict[Provider, UserSettings]:
        """Return what was sent for each provider; for the others what is saved."""
        found = {provider: each.settings for provider, each in self.switches.items()}
        for provider, form in self.forms.items():
            form.is_valid()
            found[provider] = form.wanted(precedence=self._precedence(provider))
        return found

    def seen(self) -> dict[Provider, int]:
        """Return the version that the person saw, for each provider that was sent."""
        return {provider: form.cleaned_data["version_of"] for provider, form in self.forms.items()}

    def _precedence(self, provider: Provider) -> int:
        first = self.sent.get("people_first", "")
        return self.switches[provider].settings.precedence if first not in Provider else _LATER * (first != provider)


def typed_domains(rules: ScopeRules) -> str:
    """Return the domains as a person would type them."""
    return " ".join(rules.domains)


def typed_units(rules: ScopeRules) -> str:
    """Return the organisational units as a person would type them."""
    return "\n".join(rules.org_units)

"""What each provider API can tell of people, as data: settings, rules and pages follow this table.

A rule that needs what an API does not tell is refused with the sentence here. Sources:
docs/reference/partner-center.md sections 7 and 14, docs/reference/google-directory.md sections 3 to 8 and 11.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PeopleApi(StrEnum):
    """An interface of a provider from which people are read."""

    PARTNER_CENTER = "partner_center"
    GRAPH = "graph"
    GOOGLE_DIRECTORY = "google_directory"


class Ability(StrEnum):
    """Something that an API may be able to tell of people."""

    NAMES = "names"
    EMAIL = "email"
    ALIASES = "aliases"
    ENABLED = "enabled"
    GUESTS = "guests"
    SHARED = "shared"
    LICENCES = "licences"
    ADMINISTRATORS = "administrators"
    ORG_UNITS = "org_units"
    DOMAINS = "domains"
    LANGUAGE = "language"
    COUNTRY = "country"
    DELETED = "deleted"
    CHANGES = "changes"
    LAST_SIGN_IN = "last_sign_in"


class Telling(StrEnum):
    """How an API tells it: with every row, by one more call a tenant or a person, or not at all."""

    IN_LISTING = "in_listing"
    PER_TENANT = "per_tenant"
    PER_PERSON = "per_person"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Capability:
    """How one ability is told, and a sentence for people about it."""

    telling: Telling
    sentence: str

    @property
    def is_told(self) -> bool:
        """Whether it can be known at all through this API."""
        return self.telling is not Telling.NOT_TOLD


def _row(sentence: str) -> Capability:
    return Capability(Telling.IN_LISTING, sentence)


def _tenant(sentence: str) -> Capability:
    return Capability(Telling.PER_TENANT, sentence)


def _person(sentence: str) -> Capability:
    return Capability(Telling.PER_PERSON, sentence)


def _no(sentence: str) -> Capability:
    return Capability(Telling.NOT_TOLD, sentence)


_PARTNER_CENTER: Final = {
    Ability.NAMES: _row("First and last name; absent on accounts that stand for no person."),
    Ability.EMAIL: _no("The Partner Center's users carry no e-mail, only the user name."),
    Ability.ALIASES: _no("The Partner Center's users carry no other addresses."),
    Ability.ENABLED: _no("The Partner Center does not say whether a sign-in is blocked."),
    Ability.GUESTS: _no("The Partner Center does not tell guests from members."),
    Ability.SHARED: _no("The Partner Center does not tell shared mailboxes from people."),
    Ability.LICENCES: _person("One more call for each person."),
    Ability.ADMINISTRATORS: _tenant("The members of each administrator role."),
    Ability.ORG_UNITS: _no("Microsoft's directories have no organisational units."),
    Ability.DOMAINS: _tenant("The tenant's own domains, with a delegated role."),
    Ability.LANGUAGE: _no("The Partner Center's users carry no language."),
    Ability.COUNTRY: _row("The usage location, where one is set."),
    Ability.DELETED: _tenant("Deleted people of the last 30 days, in a listing of their own."),
    Ability.CHANGES: _no("The Partner Center has no list of changed people: each run reads all."),
    Ability.LAST_SIGN_IN: _no("The Partner Center does not say when somebody signed in."),
}
_GRAPH: Final = {
    Ability.NAMES: _row("First, last and display name."),
    Ability.EMAIL: _row("The mail address; empty for people without a mailbox."),
    Ability.ALIASES: _row("Every further address of the mailbox."),
    Ability.ENABLED: _row("Whether the sign-in is enabled."),
    Ability.GUESTS: _row("Members and guests are told apart."),
    Ability.SHARED: _no("Graph's users do not tell shared mailboxes from people; most have a blocked sign-in."),
    Ability.LICENCES: _row("The assigned licences of each person."),
    Ability.ADMINISTRATORS: _tenant("The members of each administrator role."),
    Ability.ORG_UNITS: _no("Microsoft's directories have no organisational units."),
    Ability.DOMAINS: _tenant("The tenant's domains and whether they are verified."),
    Ability.LANGUAGE: _row("The preferred language, where one is set."),
    Ability.COUNTRY: _row("The usage location, where one is set."),
    Ability.DELETED: _tenant("Deleted people of the last 30 days, in a listing of their own."),
    Ability.CHANGES: _row("What changed since the last run, for about seven days."),
    Ability.LAST_SIGN_IN: _no("Last sign-ins need a further permission that is not asked for."),
}
_GOOGLE: Final = {
    Ability.NAMES: _row("First, last and full name."),
    Ability.EMAIL: _row("The primary address, which is also the user name."),
    Ability.ALIASES: _row("Every further address of the account."),
    Ability.ENABLED: _row("Suspended and archived people are told apart."),
    Ability.GUESTS: _row("Guests are marked."),
    Ability.SHARED: _no("Google does not tell accounts that several people share."),
    Ability.LICENCES: _tenant("Assigned licences, product by product, joined by address."),
    Ability.ADMINISTRATORS: _row("Super administrators and holders of other roles are marked on each row."),
    Ability.ORG_UNITS: _row("The path of the organisational unit."),
    Ability.DOMAINS: _tenant("All domains and their aliases, and whether they are verified."),
    Ability.LANGUAGE: _row("The preferred language, where one is set."),
    Ability.COUNTRY: _no("Google's people carry no country of use."),
    Ability.DELETED: _tenant("Deleted people of the last 20 days, in a listing of their own."),
    Ability.CHANGES: _no("Google has no list of changed people: each run reads all."),
    Ability.LAST_SIGN_IN: _row("The last sign-in, some time late."),
}

CAPABILITIES: Final[Mapping[PeopleApi, Mapping[Ability, Capability]]] = MappingProxyType(
    {
        PeopleApi.PARTNER_CENTER: MappingProxyType(_PARTNER_CENTER),
        PeopleApi.GRAPH: MappingProxyType(_GRAPH),
        PeopleApi.GOOGLE_DIRECTORY: MappingProxyType(_GOOGLE),
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which API is used, and why, as a sentence for the page."""

    api: PeopleApi
    reason: str


def choose_microsoft_api(closed: Mapping[PeopleApi, str], wanted: Iterable[Ability] = ()) -> Choice:
    """Return the API to read a Microsoft tenant's people with.

    ``closed`` says, for each API that cannot be used, why not; ``wanted`` is what the settings ask to know.
    Graph tells everything that the Partner Center tells and more, so it is taken wherever it is open.
    """
    refusal = closed.get(PeopleApi.GRAPH)
    if refusal is None:
        return Choice(PeopleApi.GRAPH, "Microsoft Graph, because it is permitted here and tells the most.")
    lost = [CAPABILITIES[PeopleApi.PARTNER_CENTER][each].sentence for each in wanted if _is_lost(each)]
    reason = f"The Partner Center, because Microsoft Graph is not open: {refusal}"
    return Choice(PeopleApi.PARTNER_CENTER, " ".join([reason, *lost]))


def _is_lost(ability: Ability) -> bool:
    graph, partner_center = (CAPABILITIES[api][ability] for api in (PeopleApi.GRAPH, PeopleApi.PARTNER_CENTER))
    return graph.is_told and not partner_center.is_told

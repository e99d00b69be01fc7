"""Which company a tenant may be, by exact comparisons: the keys that bring them together, and the words for how sure.

Pure. A certainty is a rule on evidence, never a sum; the score only orders candidates of one certainty. The full
matcher takes this module's place behind ``sync.matching.candidates.Matcher``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from tenantry.core.search import fold

_LONGEST_KEY = 200
_SHORTEST_NUMBER = 4
_WORD = re.compile(r"[^\W_]+")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_PROVIDER_DOMAINS = (".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn", ".microsoftonline.com")
_FREE_MAIL = frozenset(
    (
        "gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es hotmail.com hotmail.de hotmail.fr "
        "hotmail.co.uk hotmail.it live.com live.de live.fr live.nl msn.com yahoo.com yahoo.de yahoo.fr yahoo.co.uk "
        "yahoo.co.jp yahoo.es yahoo.it ymail.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de "
        "icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me orange.fr wanadoo.fr free.fr laposte.net "
        "sfr.fr libero.it virgilio.it tiscali.it bluewin.ch hispeed.ch telenet.be skynet.be ziggo.nl kpnmail.nl "
        "btinternet.com sky.com mail.ru yandex.ru yandex.com qq.com 163.com 126.com sina.com naver.com daum.net "
        "seznam.cz centrum.cz wp.pl o2.pl onet.pl interia.pl abv.bg mail.com zoho.com fastmail.com comcast.net att.net "
        "verizon.net rediffmail.com uol.com.br bol.com.br terra.com.br"
    ).split()
)
# Legal forms in folded words, longest first; taken off the end of a name only.
_LEGAL_FORMS = tuple(
    sorted(
        (
            tuple(form.split())
            for form in (
                "gmbh;gmbh and co kg;gmbh co kg;ug;ag;kg;ohg;gbr;mbh;se;e u;ev;e v;inc;incorporated;corp;corporation;"
                "co;company;llc;l l c;llp;lp;plc;ltd;limited;co ltd;pty ltd;pty limited;pvt ltd;pte ltd;"
                "private limited;"
                "sa;s a;sas;s a s;sarl;s a r l;eurl;sl;s l;slu;sa de cv;spa;s p a;srl;s r l;bv;b v;nv;n v;bvba;vof;"
                "ab;as;a s;asa;oy;oyj;aps;sp z o o;spolka z o o;s r o;sro;kft;zrt;doo;d o o;ood;eood;ltda;eireli;"
                "kk;kabushiki kaisha;godo kaisha"
            ).split(";")
        ),
        key=len,
        reverse=True,
    )
)


class Certainty(IntEnum):
    """How sure it is that a company is the tenant, as a number that sorts. ``NONE``: no company matches."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    STRONG = 3
    CERTAIN = 4


class KeyKind(StrEnum):
    """By what a tenant and a company come together."""

    TENANT = "tenant"
    NUMBER = "number"
    DOMAIN = "domain"
    PLACE = "place"
    NAME = "name"


class Ground(StrEnum):
    """One reason for or against."""

    TENANT_ID = "tenant_id"
    NUMBER_EQUAL = "number_equal"
    NUMBER_DIFFERENT = "number_different"
    DOMAIN_SHARED = "domain_shared"
    DOMAINS_DIFFERENT = "domains_different"
    NAME_EQUAL = "name_equal"
    NAME_EQUAL_BUT_FORM = "name_equal_but_form"
    NAME_DIFFERENT = "name_different"
    COUNTRY_EQUAL = "country_equal"
    COUNTRY_DIFFERENT = "country_different"
    CONTACT_DOMAIN = "contact_domain"


_WEIGHTS: Mapping[Ground, float] = {
    Ground.TENANT_ID: 8.0,
    Ground.NUMBER_EQUAL: 5.0,
    Ground.NUMBER_DIFFERENT: -2.0,
    Ground.DOMAIN_SHARED: 3.0,
    Ground.DOMAINS_DIFFERENT: -0.5,
    Ground.NAME_EQUAL: 2.5,
    Ground.NAME_EQUAL_BUT_FORM: 2.0,
    Ground.NAME_DIFFERENT: -1.0,
    Ground.COUNTRY_EQUAL: 0.5,
    Ground.COUNTRY_DIFFERENT: -1.0,
    Ground.CONTACT_DOMAIN: 1.0,
}
_AGAINST = frozenset({
    Ground.NUMBER_DIFFERENT, Ground.DOMAINS_DIFFERENT, Ground.NAME_DIFFERENT, Ground.COUNTRY_DIFFERENT,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason, as data. ``speaks_for`` is false for a reason against; ``parameters`` fill its sentence."""

    ground: Ground
    parameters: Mapping[str, Any]

    @property
    def speaks_for(self) -> bool:
        """Whether it makes the match more likely."""
        return self.ground not in _AGAINST

    def as_json(self) -> dict[str, Any]:
        """Return {code, for, parameters}."""
        return {"code": self.ground.value, "for": self.speaks_for, "parameters": dict(self.parameters)}


@dataclass(frozen=True, slots=True)
class Side:
    """A tenant or a company as far as it is compared. Domains are in lower case; tenants have one id."""

    name: str
    country: str = ""
    domains: tuple[str, ...] = ()
    contact_email: str = ""
    registration_number: str = ""
    tenant_ids: tuple[str, ...] = ()

    @property
    def own_domains(self) -> frozenset[str]:
        """The domains that say something: none of a provider's, none of free mail."""
        return frozenset(domain for domain in map(str.lower, self.domains) if is_telling(domain))

    @property
    def contact_domain(self) -> str:
        """The domain of the contact's address if it says something, else nothing."""
        domain = self.contact_email.rpartition("@")[2].strip().lower()
        return domain if is_telling(domain) else ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure, the order among equals, and why."""

    certainty: Certainty
    score: float
    evidence: tuple[Evidence, ...]


def is_telling(domain: str) -> bool:
    """Whether a domain can tell one company from another: not a provider's own, not free mail."""
    return bool(_DOMAIN.fullmatch(domain)) and not domain.endswith(_PROVIDER_DOMAINS) and domain not in _FREE_MAIL


def plain_name(name: str) -> str:
    """Return the folded words of a name, in order, with ``&`` as *and*; its legal form still there."""
    return " ".join(_WORD.findall(fold(name.replace("&", " and "))))


def bare_name(name: str) -> str:
    """Return :func:`plain_name` without the legal form at its end. A name of nothing but a form stays."""
    words = plain_name(name).split()
    while True:
        form = next((form for form in _LEGAL_FORMS if _ends_with(words, form)), None)
        if form is None:
            return " ".join(words)
        words = words[: -len(form)]


def _ends_with(words: list[str], form: tuple[str, ...]) -> bool:
    return len(words) > len(form) and tuple(words[-len(form) :]) == form


def plain_number(number: str) -> str:
    """Return the letters and digits of a registration number; nothing when there are too few to tell."""
    plain = "".join(_WORD.findall(fold(number)))
    return plain if len(plain) >= _SHORTEST_NUMBER else ""


def keys_of(side: Side) -> frozenset[tuple[str, str]]:
    """Return the (kind, key) pairs of a tenant or company. Two that share none are never compared."""
    name, number = bare_name(side.name), plain_number(side.registration_number)
    keys = {(KeyKind.TENANT.value, tenant_id.lower()) for tenant_id in side.tenant_ids}
    keys |= {(KeyKind.DOMAIN.value, domain) for domain in side.own_domains}
    if number:
        keys.add((KeyKind.NUMBER.value, number))
    if name:
        keys.add((KeyKind.NAME.value, name))
    if name and side.country:
        keys.add((KeyKind.PLACE.value, f"{side.country} {name}"))
    return frozenset((kind, key[:_LONGEST_KEY]) for kind, key in keys)


def judge(tenant: Side, company: Side, *, holders: Mapping[str, int]) -> Judgement | None:
    """Return how sure it is that the company is the tenant, or ``None`` when nothing says so.

    ``holders``: how many companies of the marketplace carry each of the tenant's domains.
    """
    evidence = tuple(_evidence(tenant, company, holders))
    certainty = _certainty({each.ground: each for each in evidence}, holders)
    if certainty is Certainty.NONE:
        return None
    return Judgement(certainty, sum(_WEIGHTS[each.ground] for each in evidence), evidence)


def _certainty(found: Mapping[Ground, Evidence], holders: Mapping[str, int]) -> Certainty:
    same_name = Ground.NAME_EQUAL in found or Ground.NAME_EQUAL_BUT_FORM in found
    if Ground.TENANT_ID in found:
        return Certainty.CERTAIN
    if Ground.NUMBER_EQUAL in found:
        return Certainty.STRONG
    if Ground.DOMAIN_SHARED in found:
        domains = found[Ground.DOMAIN_SHARED].parameters["domains"]
        alone = any(holders.get(domain, 1) == 1 for domain in domains)
        strong = alone and same_name and Ground.COUNTRY_DIFFERENT not in found
        return Certainty.STRONG if strong else Certainty.LIKELY
    if not same_name:
        return Certainty.NONE
    agrees = Ground.COUNTRY_EQUAL in found or Ground.CONTACT_DOMAIN in found
    return Certainty.LIKELY if agrees else Certainty.POSSIBLE


def _evidence(tenant: Side, company: Side, holders: Mapping[str, int]) -> Iterable[Evidence]:
    shared_ids = {each.lower() for each in tenant.tenant_ids} & {each.lower() for each in company.tenant_ids}
    if shared_ids:
        yield Evidence(Ground.TENANT_ID, {})
    yield from _numbers(tenant, company)
    yield from _domains(tenant, company, holders)
    yield from _names(tenant, company)
    if tenant.country and company.country:
        same = tenant.country == company.country
        ground = Ground.COUNTRY_EQUAL if same else Ground.COUNTRY_DIFFERENT
        yield Evidence(ground, {"tenant": tenant.country, "company": company.country})
    contact = _contact_domain(tenant, company)
    if contact:
        yield Evidence(Ground.CONTACT_DOMAIN, {"domain": contact})


def _numbers(tenant: Side, company: Side) -> Iterable[Evidence]:
    ours, theirs = plain_number(tenant.registration_number), plain_number(company.registration_number)
    if ours and theirs:
        parameters = {"tenant": tenant.registration_number, "company": company.registration_number}
        yield Evidence(Ground.NUMBER_EQUAL if ours == theirs else Ground.NUMBER_DIFFERENT, parameters)


def _domains(tenant: Side, company: Side, holders: Mapping[str, int]) -> Iterable[Evidence]:
    shared = sorted(tenant.own_domains & company.own_domains)
    if shared:
        most = max(holders.get(domain, 1) for domain in shared)
        yield Evidence(Ground.DOMAIN_SHARED, {"domains": shared, "holders": most})
    elif tenant.own_domains and company.own_domains:
        yield Evidence(Ground.DOMAINS_DIFFERENT, {"company": sorted(company.own_domains)[:3]})


def _names(tenant: Side, company: Side) -> Iterable[Evidence]:
    if plain_name(tenant.name) == plain_name(company.name):
        yield Evidence(Ground.NAME_EQUAL, {})
    elif bare_name(tenant.name) == bare_name(company.name):
        yield Evidence(Ground.NAME_EQUAL_BUT_FORM, {"tenant": tenant.name, "company": company.name})
    else:
        yield Evidence(Ground.NAME_DIFFERENT, {"company": company.name})


def _contact_domain(tenant: Side, company: Side) -> str:
    theirs = company.own_domains | ({company.contact_domain} - {""})
    if tenant.contact_domain in theirs:
        return tenant.contact_domain
    return company.contact_domain if company.contact_domain in tenant.own_domains else ""

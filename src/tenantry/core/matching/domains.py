"""Domains and addresses: which belong to a company, and which to a provider of mail for everybody."""

import re
from functools import lru_cache

from tenantry.core.names.folding import fold

LONGEST_DOMAIN = 253
_HOST = re.compile(r"^[\w-]+(?:\.[\w-]+)+$")
_FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com "
    "icloud.com me.com "
    "mac.com aol.com aim.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de freenet.de t-online.de arcor.de "
    "mail.com email.com "
    "proton.me protonmail.com pm.me tutanota.com tuta.io fastmail.com zoho.com hey.com yandex.ru yandex.com "
    "ya.ru mail.ru "
    "bk.ru list.ru inbox.ru rambler.ru qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com "
    "aliyun.com "
    "naver.com daum.net hanmail.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp libero.it virgilio.it "
    "tiscali.it alice.it "
    "tin.it orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr skynet.be telenet.be proximus.be "
    "ziggo.nl kpnmail.nl "
    "planet.nl xs4all.nl home.nl hetnet.nl bluewin.ch btinternet.com btopenworld.com virginmedia.com "
    "ntlworld.com sky.com "
    "talktalk.net comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net "
    "earthlink.net juno.com "
    "shaw.ca rogers.com sympatico.ca bigpond.com optusnet.com.au iinet.net.au xtra.co.nz uol.com.br "
    "bol.com.br terra.com.br "
    "ig.com.br terra.es telefonica.net seznam.cz centrum.cz email.cz wp.pl o2.pl onet.pl interia.pl abv.bg "
    "freemail.hu citromail.hu "
    "ukr.net i.ua rediffmail.com telia.com spray.se online.no sapo.pt walla.co.il walla.com".split()
)
_FREE_FAMILIES = re.compile(r"^(?:yahoo|hotmail|live|outlook|gmx|windowslive)\.(?:co\.|com\.)?[a-z]{2,3}$")
# Names that providers give of their own accord: the first label is what the customer typed once.
_GIVEN = (
    ".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn", ".partner.onmschina.cn", ".test-google-a.com",
    ".gserviceaccount.com",
)  # fmt: skip
_SECOND_LEVEL = frozenset(
    "co com org net ac edu gov or ne go ltd plc gob gouv gen ind firm nom web in me sch asso gr ad ed lg mil".split()
)
_COUNTRY_CODE = 2
_SHORTEST_LABEL = 3


@lru_cache(maxsize=50_000)
def own_domain(text: str) -> str:
    """Return a domain as a company's own one, or an empty text: not one, a provider's, or everybody's."""
    host = fold(text.strip()[:LONGEST_DOMAIN]).removeprefix("http://").removeprefix("https://").split("/")[0]
    host = host.removeprefix("www.").strip(".")
    if not _HOST.match(host) or host.endswith(_GIVEN):
        return ""
    return "" if host in _FREE_MAIL or _FREE_FAMILIES.match(host) else host


def mail_domain(address: str) -> str:
    """Return the own domain of an e-mail address, or an empty text."""
    _, at, domain = address.strip()[:LONGEST_DOMAIN].rpartition("@")
    return own_domain(domain) if at else ""


def given_label(address: str) -> str:
    """Return what the customer chose of the domain of an e-mail address that a provider gave, or an empty text."""
    _, _, host = address.strip()[:LONGEST_DOMAIN].lower().rpartition("@")
    return label_of(host) if host.endswith(_GIVEN) else ""


@lru_cache(maxsize=50_000)
def registrable(host: str) -> str:
    """Return the part of a host that somebody registered: *contoso.co.uk* of *mail.contoso.co.uk*."""
    parts = host.split(".")
    deep = len(parts) > 2 and len(parts[-1]) == _COUNTRY_CODE and parts[-2] in _SECOND_LEVEL  # noqa: PLR2004  # name, co, uk
    return ".".join(parts[-3 if deep else -2 :])


@lru_cache(maxsize=50_000)
def label_of(text: str) -> str:
    """Return what the customer chose of a domain, own or given: *contoso* of *contoso.onmicrosoft.com*."""
    host = fold(text.strip()[:LONGEST_DOMAIN]).removeprefix("www.")
    if host.endswith(_GIVEN):
        ending = next(ending for ending in _GIVEN if host.endswith(ending))
        return _bare(host.removesuffix(ending).split(".")[-1])
    own = own_domain(host)
    return _bare(registrable(own).split(".")[0]) if own else ""


def _bare(label: str) -> str:
    label = label.replace("-", "").replace("_", "")
    return label if len(label) >= _SHORTEST_LABEL else ""

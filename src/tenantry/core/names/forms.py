"""Legal forms, as words of folded names: from cleanco's tables, and what those lack or get wrong.

A form is a tuple of words with the points taken out: *S. de R.L. de C.V.* is ``("s", "de", "rl", "de", "cv")``.
Each belongs to a family, so that *Limited* and *Ltd.* are the same and *AG* and *GmbH* are not.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from cleanco.termdata import terms_by_country, terms_by_type

from tenantry.core.names.folding import fold

Form = tuple[str, ...]

# Family: forms. The first line of each is what people write; the rest what they write, too.
_FAMILIES: Mapping[str, str] = {
    "ltd": "ltd|limited|ltd co|co ltd|co limited|company limited|company ltd|coltd|corp ltd|corporation limited|"
    "corporation ltd|limited company|ltd company|teo|teoranta|cyf|ltd liability co|limited liability company|ltee|"
    "limitee|limitada|ltd sti|limited sirketi|ltd sirketi|sti|sirketi|co inc ltd|b m|bm|l td|uab|sia|mmc|mchj",
    "pty ltd": "pty ltd|pty limited|proprietary limited|pty|proprietary ltd|pte ltd|pte limited|pte|"
    "private limited|pvt ltd|pvt limited|private ltd|pvt|p ltd|p limited|pty ltd co|sdn bhd|sendirian berhad|"
    "opc private limited|opc pvt ltd|unlimited company|designated activity company|dac",
    "plc": "plc|public limited company|public company limited|pcl|public co ltd|public company ltd|publ|"
    "public joint stock company|public limited co|bhd|berhad|tbk|persero tbk|persero",
    "inc": "inc|incorporated|corp|corporation|co inc|corp inc|co corp|company incorporated|company inc|incorp",
    "co": "co|company|and co|and company|n co|& co|& company|et cie|et compagnie|cie|und co|u co|y cia|y compania|"
    "e cia|cia|og co|och co|cia ltda|y cia ltda",
    "llc": "llc|l l c|fz llc|fzllc|fzco|fze|fzc|wll|dmcc|co llc|llc fz|pllc|lc|fz co",
    "llp": "llp|lllp|lp|limited partnership|limited liability partnership|slp",
    "gmbh": "gmbh|mbh|gesmbh|ges m b h|gesellschaft mit beschrankter haftung|ggmbh|gesellschaft m b h|gmbh co",
    "ug": "ug|ug haftungsbeschrankt|haftungsbeschrankt|unternehmergesellschaft|unternehmergesellschaft "
    "haftungsbeschrankt",
    "kg": "kg|gmbh co kg|gmbh and co kg|gmbh u co kg|gmbh und co kg|ag co kg|ag und co kg|ag and co kg|co kg|"
    "und co kg|and co kg|mbh co kg|mbh und co kg|ug haftungsbeschrankt co kg|se co kg|kommanditgesellschaft|"
    "gmbh co kgaa|kgaa|gmbh and co kgaa|ag co kgaa|se co kgaa|co kgaa|ohg|gmbh co ohg|gbr|partg|partg mbb|partgmbb|"
    "mbb|e k|ek|ekfr|e kfr|ek fm|ag and co|gmbh and co|k g",
    "ag": "ag|aktiengesellschaft|a g",
    "se": "se|societas europaea",
    "ev": "e v|ev|eg|e g|eingetragene genossenschaft|eingetragener verein|stiftung and co kg",
    "sa": "sa|s a|societe anonyme|sociedad anonima|sociedade anonima|sa nv|nv sa|saca|saic|sau|s a u|sacif|sab|"
    "sa de cv|sab de cv|sapi de cv|s a de c v|s a b de c v|s a p i de c v|sapib de cv|saa|s a a|sad|sofom enr|"
    "sa de cv sofom enr|cv|de cv|sgps sa|sgps|sae|saog|saoc|sal|socimi|socimi sa|siic|scma",
    "sas": "sas|sasu|s a s|s a s u|societe par actions simplifiee|sa s",
    "sarl": "sarl|s a r l|sa rl|s arl|sarlu|eurl|e u r l|sagl|societe a responsabilite limitee|s a rl|"
    "soparfi|scs|snc|sca|scop|sci|scp|gie|eirl|selarl|s n c|s c a|s c s",
    "srl": "srl|s r l|srls|s r l s|s rl|scrl|scarl|societa a responsabilita limitata|srl unipersonale|bvba|sprl|"
    "cvba|cvoa|vof|s rl de cv|s de rl de cv|s de r l de c v|s de rl|srl de cv|s de rl mi|s de rl de cv mi|sapa",
    "spa": "spa|s p a|societa per azioni|scpa|societa cooperativa|soc coop|scarl|soc coop a r l|societa benefit",
    "sl": "sl|s l|slu|s l u|slne|slp|sll|s l l|s l p|sociedad limitada|sociedad limitada unipersonal|"
    "sociedad de responsabilidad limitada|"
    "s coop|scoop|sccl|s c c l|scp|c b",
    "lda": "lda|ltda|l da|unipessoal lda|unipessoal|sociedade unipessoal lda|eireli|epp|ltda me|ltda epp|eireli me|"
    "s s ltda|crl|sociedade limitada",
    "nv": "nv|n v|naamloze vennootschap",
    "bv": "bv|b v|besloten vennootschap|comm v|commv|cv ba|gcv|vzw|c v|v o f",
    "ab": "ab|aktiebolag|aktiebolaget|ab publ|aktiebolag publ|hb|handelsbolag|kb|ek for|ekonomisk forening",
    "as": "as|a s|asa|aksjeselskap|aksjeselskab|ans|nuf|aktieselskab|as asa|anonim sirketi|anonim sirket|"
    "ticaret anonim sirketi|ticaret ve sanayi anonim sirketi|tic as|san ve tic as|akciova spolecnost|ticaret as",
    "aps": "aps|anpartsselskab|ivs|i s|k s|p s|amba|a m b a|fmba|smba|p s v",
    "oy": "oy|oyj|osakeyhtio|oy ab|oyj abp|abp|julkinen osakeyhtio|ky|kommandiittiyhtio|ay|tmi|osk|ry|oy ltd|ab oy",
    "sro": "sro|s r o|spol s r o|spol sro|spolecnost s rucenim omezenym|spolocnost s rucenim obmedzenym|v o s|vos|"
    "kom spol|o p s|akc spol",
    "spzoo": "sp z o o|spzoo|sp zoo|sp z oo|spolka z o o|spolka z oo|spolka z ograniczona odpowiedzialnoscia|sp j|sp k|"
    "spolka akcyjna|spolka jawna|spolka komandytowa|sp z o o sp k|sp z oo sp k|sp z oo sp komandytowa|s k a|spj|spk|"
    "spolka cywilna|s c|psa",
    "kft": "kft|zrt|nyrt|bt|rt|kkt|kht|korlatolt felelossegu tarsasag|zartkoruen mukodo reszvenytarsasag",
    "doo": "doo|d o o|dooel|d o o e l|dd|d d|jdoo|j d o o|ad|a d|ead|eood|ood|druzba z omejeno "
    "odgovornostjo|obrt|sh p k|shpk|sh a",
    "ou": "ou|osauhing|aktsiaselts|akciju sabiedriba|sabiedriba ar ierobezotu atbildibu|uzdaroji akcine bendrove",
    "ehf": "ehf|ohf|hf|einkahlutafelag|hlutafelag",
    "kk": "kk|k k|kabushiki kaisha|kabushiki gaisha|gk|g k|yk|y k|godo kaisha|yugen kaisha|godo gaisha",
    "epe": "epe|e p e|ike|i k e|ae|a e|mepe|anonymi etairia|monoprosopi ike|monoprosopi epe|mike",
    "ooo": "ooo|oao|zao|pao|ao|tov|tdv|pat|prat|jsc|ojsc|cjsc|pjsc|joint stock company|open joint stock company|"
    "closed joint stock company|public jsc|joint stock co|jsc co|qsc|psc|p s c|qpsc|pjsc co|bsc|ksc|kscp|"
    "kscc|sjsc|jscb",
    "adr": "adr|ads|gdr|nl",
}

# Scripts that put no blanks between words, or no Latin letters at all. Glued to the name at either end.
_GLUED: Mapping[str, str] = {
    "kk": "株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|公益社団法人|公益財団法人|"
    "特定非営利活動法人|"
    ""
    ""
    ""
    "学校法人|医療法人社団|医療法人|社会福祉法人|独立行政法人|国立研究開発法人|(株)|(有)",
    "co ltd": "股份有限公司|有限责任公司|有限責任公司|有限公司|集团公司|集團公司|公司",
    "jusik": "주식회사|유한회사|유한책임회사|사단법인|재단법인|(주)|(유)",
    "bcm": "บริษัท|จำกัด|มหาชน|จํากัด",
}
_SPACED: Mapping[str, str] = {
    "ooo": "ооо|оао|зао|пао|ао|тов|тоо|пат|прат|общество с ограниченной ответственностью|"
    "публичное акционерное общество|акционерное общество|открытое акционерное общество|"
    "закрытое акционерное общество|товариство з обмеженою відповідальністю|публічне акціонерне товариство|"
    "приватне акціонерне товариство|акціонерне товариство|еоод|оод|ад|еад|одд",
    "epe": "αε|επε|ικε|ανωνυμη εταιρεια|ανωνυμη εταιρια|αεε|μονοπροσωπη ικε|μονοπροσωπη επε",
    "doo": "доо|дооел",
    "kazakh": "жшс",
    "georgian": "შპს|სააქციო საზოგადოება",
    "armenian": "սպը|փբը|բբը",
    "ltd": "लिमिटेड|प्राइवेट लिमिटेड",
    "arabic": "شركة|ش م م|ش م ع|ذ م م|شمم|ذمم|ش ذ م م|مساهمة|شركه|المحدودة",
    "hebrew": "בעמ|בע מ|בערבון מוגבל",
    "thai": "บริษท|จำกด|จากด|จำกัด|บริษัท|มหาชน",
    "vietnam": "cong ty co phan|cong ty tnhh|cong ty trach nhiem huu han|ctcp|cong ty tnhh mtv|tnhh|tong cong ty",
}

# In front of a name these are forms by themselves; other Latin forms only with a form of their land behind.
_LEADING_ALWAYS: Mapping[str, str] = {
    "ooo": "ooo|oao|zao|pao|pjsc|ojsc|cjsc|jsc|public joint stock company|open joint stock company|joint stock company|"
    "closed joint stock company",
    "oy": "oy|osakeyhtio",
    "ab": "aktiebolaget",
    "plc": "perusahaan perseroan persero pt|perusahaan perseroan",
    "spa": "societa per azioni",
    "sa": "societe anonyme",
    "vietnam": _SPACED["vietnam"],
    "uab": "uab",
    "spzoo": "przedsiebiorstwo panstwowe",
}
# First word: countries where it is a form. ``parse_name`` needs the country, a point, or a form behind.
LEADING_IN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "pt": frozenset({"ID"}),
        "cv": frozenset({"ID"}),
        "sc": frozenset({"RO"}),
        "sia": frozenset({"LV"}),
        "as": frozenset({"LV", "EE"}),
        "ab": frozenset({"SE", "FI", "LT"}),
        "ou": frozenset({"EE"}),
    }
)
# Forms behind the name that prove a leading one: *PT … Tbk*, *Oy … Ab*.
LEADING_WITH: Mapping[str, frozenset[str]] = MappingProxyType(
    {"pt": frozenset({"plc"}), "cv": frozenset({"plc"}), "ab": frozenset({"oy"}), "sc": frozenset({"srl"})}
)

# Endings that cleanco calls forms, and that are words, places or initials far more often.
_NOT_FORMS = frozenset(
    "da et ok uk sd pp fa ep at ie da sf ps sm sp ad gp ec fie dat vat zat aat aj cpt psu pse ent coop tapui etat "
    "mb ij xk xt qk kf bl pt ud fcp sem sep private unltd suc tov da stg cio og".split()
)
_SHORT = 2


def _words(text: str) -> Form:
    for mark in ".,:-":
        text = text.replace(mark, "")
    return tuple(fold(text).replace("/", " ").split())


def _table(families: Mapping[str, str]) -> Iterator[tuple[Form, str]]:
    for family, forms in families.items():
        for form in forms.split("|"):
            yield tuple(fold(form).split()), family


def _borrowed() -> Iterator[tuple[Form, str]]:
    """Forms that cleanco knows and this module does not. Short ones are words too often to take them unseen."""
    lists: Iterable[list[str]] = [*terms_by_type.values(), *terms_by_country.values()]
    for term in sorted({term for terms in lists for term in terms}):
        form = _words(term)
        if form and "".join(form) not in _NOT_FORMS and len("".join(form)) > _SHORT:
            yield form, "".join(form)


def _by_edge(forms: Mapping[Form, str], edge: int) -> Mapping[str, tuple[Form, ...]]:
    grouped: dict[str, list[Form]] = {}
    for form in forms:
        grouped.setdefault(form[edge], []).append(form)
    return MappingProxyType({word: tuple(sorted(found, key=len, reverse=True)) for word, found in grouped.items()})


FAMILY: Mapping[Form, str] = MappingProxyType({**dict(_borrowed()), **dict(_table(_SPACED)), **dict(_table(_FAMILIES))})
BEHIND: Mapping[str, tuple[Form, ...]] = _by_edge(FAMILY, -1)
_LEADING: Mapping[Form, str] = {**dict(_table(_SPACED)), **dict(_table(_LEADING_ALWAYS))}
AHEAD: Mapping[str, tuple[Form, ...]] = _by_edge(_LEADING, 0)
GLUED: tuple[tuple[str, str], ...] = tuple(
    sorted(((fold(form), family) for family, forms in _GLUED.items() for form in forms.split("|")),
           key=lambda entry: -len(entry[0]))
)  # fmt: skip

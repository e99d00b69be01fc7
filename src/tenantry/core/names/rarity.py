"""How much a word says: the fewer names carry it, the more. In bits: 10 is one name in a thousand."""

from collections.abc import Mapping
from functools import lru_cache
from math import log2

from tenantry.core.names.frequent import BANDS

# Which of one marketplace's companies carry a word; refines what is known of all names.
WordCounts = Mapping[str, int]

_BITS: dict[str, float] = {word: float(bits) for bits, words in BANDS.items() for word in words.split()}
MOST_BITS = 15.0
_SHORT_WORDS = {1: 5.0, 2: 9.0, 3: 12.0}
_BITS_A_SIGN = 5.0  # Han, kana and Hangul say more with each sign
_BITS_A_DIGIT = 3.5

_WRITTEN_OUT: dict[str, str] = {
    "intl": "international", "internat": "international", "grp": "group", "tech": "technology", "mgmt": "management",
    "mgt": "management", "mmgt": "management", "eng": "engineering", "engg": "engineering", "engr": "engineering",
    "sys": "system", "svc": "service", "svcs": "service", "mfg": "manufacturing", "natl": "national",
    "dev": "development",
    "assn": "association", "assoc": "association", "univ": "university", "inst": "institute", "bros": "brothers",
    "ctr": "center", "centre": "center", "centres": "center", "lab": "laboratory", "labs": "laboratory",
    "hldgs": "holding", "hldg": "holding", "inds": "industry", "ind": "industry", "ins": "insurance",
    "pharma": "pharmaceutical",
    "telecom": "telecommunication", "telecoms": "telecommunication", "sw": "software", "fin": "financial",
    "st": "saint",
    "mt": "mount", "ft": "fort", "dept": "department", "govt": "government", "hosp": "hospital", "acad": "academy",
    "lib": "library", "res": "research", "sci": "science", "ent": "enterprise", "dist": "distribution",
    "commun": "communication", "elec": "electric", "chem": "chemical", "corp": "corporation", "co": "company",
    "bancorporation": "bancorp", "defence": "defense", "labour": "labor", "programme": "program", "theatre": "theater",
    "aluminium": "aluminum", "fibre": "fiber", "organisation": "organization",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "first": "1st", "second": "2nd", "third": "3rd", "ii": "2", "iii": "3", "iv": "4", "vi": "6",
    "vii": "7",
}  # fmt: skip
# Words of a company's trade in other languages. Only what names carry often, and what means the same there.
_TRANSLATED = {
    "group": "grupo gruppo groupe gruppe gruppen koncern grupa holdinggesellschaft konzern",
    "holding": "holdings beteiligung beteiligungen beteiligungs participacoes participaciones",
    "bank": "banco banca banque banka banken bankasi",
    "institute": "instituto institut istituto instituut institutet ustav institutul",
    "center": "centro zentrum centrum sentrum centrul merkezi",
    "foundation": "fundacion fundacao fondation fondazione stiftung fundacio fundacja stichting stiftelsen vakfi "
    "saatio",
    "university": "universidad universidade universite universita universitat universiteit universitet "
    "universitesi universitas",
    "association": "asociacion associacao associazione verein vereniging verband",
    "society": "sociedad sociedade societe societa gesellschaft selskab",
    "hospital": "hopital ospedale krankenhaus klinikum hastanesi sjukhus ziekenhuis",
    "clinic": "clinica clinique klinik kliniken kliniek",
    "industry": "industria industrie industri industriel industrielle industriale industrial",
    "technology": "tecnologia tecnologias technologie technologien technologia tehnologija teknoloji teknologi "
    "tecnologie",
    "engineering": "ingenieria engenharia ingenierie ingegneria muhendislik",
    "international": "internacional internazionale internationale",
    "research": "investigacion investigacao recherche recherches ricerca ricerche forschung onderzoek pesquisa",
    "science": "ciencia ciencias scienze wissenschaft wissenschaften nauka",
    "service": "servicio servicios servico servicos servizi dienstleistungen dienste diensten tjanster",
    "system": "sistema sistemas sistemi systemes systeme systemen",
    "solution": "soluciones solucoes soluzioni losungen oplossingen",
    "energy": "energia energie enerji energi",
    "insurance": "seguros assurance assurances assicurazioni versicherung versicherungen verzekeringen sigorta",
    "transport": "transporte transportes trasporti transporten transporter",
    "construction": "construccion construcciones construcao construcoes costruzioni bau insaat",
    "national": "nacional nazionale nationale nasional",
    "laboratory": "laboratorio laboratorios laboratoire laboratoires labor laboratori",
    "management": "gestion gestao gestione verwaltung yonetim",
    "consulting": "consultoria consulenza beratung danismanlik unternehmensberatung conseil",
    "trading": "comercio ticaret handel handels commerciale commercio",
    "public": "publica publico publique pubblica publicas",
    "company": "compania companhia compagnia compagnie empresa impresa entreprise unternehmen",
    "pharmaceutical": "farmaceutica farmaceutici pharmaceutique farmaceutico pharmazeutische farma farmaceutyczne ilac",
    "medical": "medica medico medizinische medicale",
    "water": "agua aguas eau eaux wasser",
    "applied": "aplicada aplicado aplicadas applique appliquee angewandte",
    "new": "nueva nuevo nouvelle neue nova novo", "school": "escuela escola ecole scuola schule",
    "studies": "estudios estudos etudes studi studien",
    "development": "desarrollo desenvolvimento sviluppo developpement",
    "training": "formacion formacao formation formazione ausbildung", "language": "lenguas linguas langues sprachen",
    "chemical": "quimica chimique chimica chemische kimya",
    "food": "alimentos alimentaire lebensmittel alimentari gida",
}  # fmt: skip
_WRITTEN_OUT |= {foreign: word for word, others in _TRANSLATED.items() for foreign in others.split()}
# What an organisation is, rather than how it is called: a bank is not its foundation.
KINDS = frozenset(
    "foundation hospital university college school museum institute ministry academy clinic association "
    "society federation "
    "library council church fund trust bank club union agency department office authority commission".split()
)
_PLURAL_FROM = 5


@lru_cache(maxsize=100_000)
def canonical(word: str) -> str:
    """Return a folded word with its abbreviation written out, its number in digits, a common plural as singular."""
    known = _WRITTEN_OUT.get(word)
    if known is not None:
        return known
    if word in _BITS and word.endswith("s") and len(word) > _PLURAL_FROM:
        for singular in (word[:-3] + "y" if word.endswith("ies") else word[:-1], word[:-2]):
            if singular in _BITS:
                return _WRITTEN_OUT.get(singular, singular)
    return word


@lru_cache(maxsize=100_000)
def bits_of(word: str) -> float:
    """Return how much a folded word says, from 1 (in every other name) to 15 (in hardly any)."""
    known = _BITS.get(word, MOST_BITS)
    meant = _WRITTEN_OUT.get(word)
    if meant is not None:
        known = min(known, _BITS.get(meant, MOST_BITS))
    if known < MOST_BITS:
        return known
    if word.isdigit():
        return min(MOST_BITS, 3.0 + _BITS_A_DIGIT * len(word))
    if not word.isascii() and len(word) > 1 and ord(word[0]) >= 0x3040:  # noqa: PLR2004  # kana, Han and Hangul begin
        return min(MOST_BITS, _BITS_A_SIGN * len(word))
    return _SHORT_WORDS.get(len(word), MOST_BITS)


def bits_in(word: str, counts: WordCounts, companies: int) -> float:
    """Return how much a word says among ``companies`` of which ``counts`` tells how many carry it."""
    general = bits_of(word)
    carriers = counts.get(word, 0)
    if companies < 100 or carriers <= 1:  # noqa: PLR2004  # few companies tell nothing about words
        return general
    return min(general, max(1.0, log2(companies / carriers)))

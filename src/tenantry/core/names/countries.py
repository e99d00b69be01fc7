"""Countries: ISO 3166 alpha-2 codes, and the words by which names and spreadsheets call them."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tenantry.core.names.folding import fold

# Code, then names: English first, then what companies of the country write into their names.
_COUNTRIES = """
AD Andorra
AE United Arab Emirates|UAE|Emirates|Dubai|Abu Dhabi
AF Afghanistan
AG Antigua and Barbuda
AI Anguilla
AL Albania|Shqiperia
AM Armenia
AO Angola
AR Argentina
AS American Samoa
AT Austria|Österreich|Oesterreich|Autriche
AU Australia|Australie|Australien
AW Aruba
AZ Azerbaijan
BA Bosnia and Herzegovina|Bosnia
BB Barbados
BD Bangladesh
BE Belgium|België|Belgie|Belgique|Belgien|Belgio
BF Burkina Faso
BG Bulgaria|България
BH Bahrain
BI Burundi
BJ Benin
BM Bermuda
BN Brunei|Brunei Darussalam
BO Bolivia
BR Brazil|Brasil|Brasilien
BS Bahamas
BT Bhutan
BW Botswana
BY Belarus
BZ Belize
CA Canada|Kanada
CD Democratic Republic of the Congo|DR Congo
CF Central African Republic
CG Congo|Republic of the Congo
CH Switzerland|Schweiz|Suisse|Svizzera|Swiss
CI Ivory Coast|Côte d'Ivoire|Cote dIvoire
CL Chile
CM Cameroon|Cameroun
CN China|PRC|People's Republic of China|中国
CO Colombia
CR Costa Rica
CU Cuba
CV Cape Verde|Cabo Verde
CW Curaçao|Netherlands Antilles
CY Cyprus|Kypros
CZ Czech Republic|Czechia|Czech|Česko|Cesko|Ceska|Tschechien
DE Germany|Deutschland|Allemagne|Alemania|Germania
DJ Djibouti
DK Denmark|Danmark|Dänemark
DM Dominica
DO Dominican Republic
DZ Algeria|Algérie
EC Ecuador
EE Estonia|Eesti
EG Egypt
ER Eritrea
ES Spain|España|Espana|Iberia|Iberica|Spanien|Espagne
ET Ethiopia
FI Finland|Suomi
FJ Fiji
FK Falkland Islands
FO Faroe Islands
FR France|Frankreich|Francia
GA Gabon
GB United Kingdom|UK|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|GB
GD Grenada
GE Georgia
GF French Guiana
GG Guernsey
GH Ghana
GI Gibraltar
GL Greenland
GM Gambia
GN Guinea
GP Guadeloupe
GQ Equatorial Guinea
GR Greece|Hellas|Ellada|Ελλάδα
GT Guatemala
GU Guam
GY Guyana
HK Hong Kong|Hongkong|HK|香港
HN Honduras
HR Croatia|Hrvatska
HT Haiti
HU Hungary|Magyarország|Magyarorszag
ID Indonesia
IE Ireland|Éire|Irland
IL Israel
IM Isle of Man
IN India|Bharat
IQ Iraq
IR Iran
IS Iceland|Ísland
IT Italy|Italia|Italien|Italie
JE Jersey
JM Jamaica
JO Jordan
JP Japan|Nippon|日本
KE Kenya
KG Kyrgyzstan
KH Cambodia
KN Saint Kitts and Nevis
KR South Korea|Korea|Republic of Korea|한국
KW Kuwait
KY Cayman Islands|Cayman
KZ Kazakhstan
LA Laos
LB Lebanon
LC Saint Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania|Lietuva
LU Luxembourg|Luxemburg
LV Latvia|Latvija
LY Libya
MA Morocco|Maroc
MC Monaco
MD Moldova
ME Montenegro
MG Madagascar
MH Marshall Islands
MK North Macedonia|Macedonia
ML Mali
MM Myanmar
MN Mongolia
MO Macau|Macao
MQ Martinique
MR Mauritania
MT Malta
MU Mauritius
MV Maldives
MW Malawi
MX Mexico|México|Mexiko
MY Malaysia
MZ Mozambique
NA Namibia
NC New Caledonia
NE Niger
NG Nigeria
NI Nicaragua
NL Netherlands|Nederland|Holland|Niederlande|The Netherlands
NO Norway|Norge|Norwegen
NP Nepal
NZ New Zealand|NZ|Aotearoa
OM Oman
PA Panama
PE Peru
PF French Polynesia
PG Papua New Guinea|PNG
PH Philippines|Filipinas
PK Pakistan
PL Poland|Polska|Polen
PR Puerto Rico
PS Palestine
PT Portugal
PY Paraguay
QA Qatar
RE Réunion
RO Romania|România
RS Serbia|Srbija
RU Russia|Russian Federation|Rossiya|Россия
RW Rwanda
SA Saudi Arabia|KSA|Saudi
SC Seychelles
SD Sudan
SE Sweden|Sverige|Schweden
SG Singapore|Singapur
SI Slovenia|Slovenija
SK Slovakia|Slovensko
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia
SR Suriname
SV El Salvador
SY Syria
SZ Eswatini|Swaziland
TC Turks and Caicos Islands
TD Chad
TG Togo
TH Thailand
TJ Tajikistan
TM Turkmenistan
TN Tunisia|Tunisie
TO Tonga
TR Turkey|Türkiye|Turkiye|Turkei
TT Trinidad and Tobago
TW Taiwan|台湾|台灣
TZ Tanzania
UA Ukraine|Україна|Ukraina
UG Uganda
US United States|USA|US|United States of America|America|North America|U.S.A.|U.S.
UY Uruguay
UZ Uzbekistan
VA Vatican City
VC Saint Vincent and the Grenadines
VE Venezuela
VG British Virgin Islands|BVI
VI US Virgin Islands
VN Vietnam|Viet Nam|Việt Nam
VU Vanuatu
WS Samoa
XK Kosovo
YE Yemen
ZA South Africa|Suid-Afrika|RSA
ZM Zambia
ZW Zimbabwe
"""
# Three letters, where spreadsheets have them.
_ALPHA_3 = (
    "AUS AU|AUT AT|BEL BE|BRA BR|CAN CA|CHE CH|CHN CN|CZE CZ|DEU DE|DNK DK|ESP ES|EST EE|FIN FI|FRA FR|GBR GB|GRC GR|"
    "HKG HK|HUN HU|IND IN|IRL IE|ISR IL|ITA IT|JPN JP|KOR KR|LTU LT|LUX LU|LVA LV|MEX MX|NLD NL|NOR NO|NZL NZ|POL PL|"
    "PRT PT|ROU RO|RUS RU|SGP SG|SVK SK|SVN SI|SWE SE|TUR TR|TWN TW|UKR UA|ZAF ZA|ARE AE|MYS MY|THA TH|IDN ID"
)
# A word of a name that is also a name, a state, or "us": it says nothing about a country.
_AMBIGUOUS_WORDS = frozenset(
    "us|georgia|jersey|jordan|chad|america|guinea|niger|mali|cuba|wales|england|gb|saudi|swiss|nippon|iberia|日本|"
    "中国|rsa|samoa|dominica|cayman|togo|tonga|north america".split("|")
)


def _spell(text: str) -> str:
    return " ".join(fold(text).replace(".", "").replace("'", "").replace("-", " ").split())


_CODES: dict[str, str] = {}
for _line in _COUNTRIES.strip().splitlines():
    _code, _, _names = _line.partition(" ")
    _CODES |= {_spell(name): _code for name in _names.split("|")} | {_code.lower(): _code}
_CODES |= {pair.split()[0].lower(): pair.split()[1] for pair in _ALPHA_3.split("|")}

COUNTRY_WORDS: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        tuple(name.split()): code
        for name, code in _CODES.items()
        if name not in _AMBIGUOUS_WORDS and (len(name) > 2 or name in {"uk", "nz", "hk"})  # noqa: PLR2004  # codes are words
    }
)


@lru_cache(maxsize=2_000)
def country_code(text: str) -> str:
    """Return the alpha-2 code of a country given as code or name; an empty text if it is not known."""
    return _CODES.get(_spell(text[:80]), "")

"""Words that nobody had before: made-up brands, as young companies like them."""

from typing import Final

from tenantry.emulator.draws import Draw
from tenantry.emulator.lands import Word

_HEADS: Final = """
Ver Nor Al Sol Lum Ter Vel Nex Qual Sim Cor Dor El Fen Gal Hel Ig Jov Kal Lor Mar Nav Or Pel Quin Ras Sel Tal Ur Vin
Wes Xan Yor Zel Bren Cal Dra Est Fal Gri Hal Ist Jas Kest Lan Mon Nim Ost Pro Rev Sten Trel Ul Vast Wex Zan Aer Bel
Cir Del Em Flo Gren Hydr Ind Kin Lex Mir Neb Oct Pir Rhe Sav Tyr Und Vex Wyn Zor Axi Bio Cryo Dyna Eco Geo Hexa Iso
""".split()
_TAILS: Final = """
ora ani exa ium enta ivo arix onis ella eon ura ando istra ova ayo enix ica umo aris oria ento axa eris inia olo
anta ulus yra emo idis osa avia une etra ilon uma ander orix estra aya enne ios alis urn eva oma ida ique amo
""".split()
_SECOND: Final = "Tech Labs Systems Works Data Soft Net Cloud Digital Media Health Energy Mobility".split()


def invented_word(draw: Draw) -> Word:
    """Return one of some 60,000 invented brand words: one in five carries a second word."""
    text = draw.pick(_HEADS) + draw.pick(_TAILS)
    second = draw.below(5 * len(_SECOND))
    if second < len(_SECOND):
        text = f"{text} {_SECOND[second]}"
    return Word(text, text.lower().replace(" ", "-"))

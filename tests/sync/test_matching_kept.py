"""Companies that were taken apart are kept as long as they say the same, and not too many of them."""

from tenantry.core.matching.profiles import profile_of
from tenantry.sync.matching.kept import KeptProfiles
from tenantry.sync.matching.sides import CompanyTexts, company_of


def texts(name: str, number: int = 1, domains: tuple[str, ...] = ()) -> CompanyTexts:
    return (number, name, "DE", "", "", "", "", "", ""), domains, ()


def test_a_company_that_says_something_else_is_taken_apart_anew() -> None:
    kept = KeptProfiles()
    for said in (
        texts("Contoso"),
        texts("Fabrikam"),
        texts("Fabrikam", domains=("fabrikam.example",)),
        texts("Contoso"),
    ):
        for _ in range(2):
            assert kept.profile(1, said) == profile_of(company_of(said))
    assert len(kept) == 1


def test_no_more_are_kept_than_the_bound_and_those_in_use_stay() -> None:
    kept = KeptProfiles(half=3)
    for number in range(1, 50):
        for used in (number, 1):
            said = texts(f"Contoso {used}", used)
            assert kept.profile(used, said).name.text == f"Contoso {used}"
            assert len(kept) <= 6

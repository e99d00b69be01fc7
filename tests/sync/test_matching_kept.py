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


def test_what_was_read_in_one_epoch_is_not_taken_for_that_of_another() -> None:
    kept = KeptProfiles(half=3)
    said = texts("Contoso")
    profile = profile_of(company_of(said))
    assert kept.of_epoch(1, 7) is None
    kept.profile(1, said, 7)
    assert kept.of_epoch(1, 7) == profile
    assert kept.of_epoch(1, 8) is None
    kept.profile(1, said, 8)
    assert (kept.of_epoch(1, 7), kept.of_epoch(1, 8)) == (None, profile)
    kept.profile(1, texts("Fabrikam"))  # read outside of any epoch
    assert kept.of_epoch(1, 8) is None
    kept.profile(1, texts("Fabrikam"), 8)
    kept.profile(1, texts("Fabrikam"))
    found = kept.of_epoch(1, 8)
    assert found is not None
    assert found.name.text == "Fabrikam"

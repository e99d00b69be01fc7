"""Companies in memory, found by their keys: what the command line has instead of a database."""

from array import array
from collections.abc import Iterable, Mapping

from tenantry.core.matching.choosing import MOST_CANDIDATES, likeliest
from tenantry.core.matching.keys import Key, keys_of_profile
from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.values import Candidate

MOST_SHARING = 400  # a key that more companies share finds nothing: it tells too little


class CompanyIndex:
    """Companies by key. Adding and asking may alternate."""

    def __init__(self, companies: Iterable[Candidate] = ()) -> None:
        self._ids: list[str] = []
        self._profiles: list[Profile] = []
        self._places: dict[Key, array[int]] = {}
        self._carriers: dict[str, int] = {}
        for company in companies:
            self.add(company)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, company: Candidate) -> None:
        """Add one company."""
        place = len(self._ids)
        profile = profile_of(company)
        self._ids.append(company.id)
        self._profiles.append(profile)
        for domain in profile.domains:
            self._carriers[domain] = self._carriers.get(domain, 0) + 1
        for key in keys_of_profile(profile):
            self._places.setdefault(key, array("I")).append(place)

    @property
    def carriers(self) -> Mapping[str, int]:
        """How many companies carry each domain."""
        return self._carriers

    def candidates(self, tenant: Profile, most: int = MOST_CANDIDATES) -> list[tuple[str, Profile]]:
        """Return the ids and profiles of the likeliest companies, the likeliest first."""
        found = {}
        for key in keys_of_profile(tenant):
            places = self._places.get(key)
            if places is not None and len(places) <= MOST_SHARING:
                found[key] = places
        best = likeliest(found, most)
        return [(self._ids[place], self._profiles[place]) for place in best]

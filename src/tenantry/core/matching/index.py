"""Companies in memory, found by their keys: what the command line has instead of a database."""

from array import array
from collections.abc import Iterable, Mapping
from math import log2

from tenantry.core.matching.keys import WORTH, Key, keys_of_profile
from tenantry.core.matching.profiles import Profile, profile_of
from tenantry.core.matching.values import Candidate

MOST_CANDIDATES = 40
WORTH_COMPARING = 0.25  # of what the likeliest is worth by its keys; the rest is not looked at
ALWAYS_COMPARED = 8.0  # bits: sharing one rare word is worth a look, however good another candidate is
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
        total = log2(len(self._ids) + 1)
        worth: dict[int, float] = {}
        for key in keys_of_profile(tenant):
            places = self._places.get(key)
            if places is None or len(places) > MOST_SHARING:
                continue
            gain = WORTH[key.kind] * (total - log2(len(places))) / total
            for place in places:
                worth[place] = worth.get(place, 0.0) + gain
        if not worth:
            return []
        least = min(max(worth.values()) * WORTH_COMPARING, ALWAYS_COMPARED)
        worthy = [place for place, value in worth.items() if value >= least]
        best = sorted(worthy, key=lambda place: (-worth[place], place))[:most]
        return [(self._ids[place], self._profiles[place]) for place in best]
